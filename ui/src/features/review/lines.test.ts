import { describe, expect, it } from "vitest";
import {
  aim,
  type Cursor,
  cursorOn,
  groupRange,
  type LineAt,
  type Move,
  moved,
  refsOf,
  towards,
} from "./lines";
import { sampleLines } from "./testLines";

const lines = sampleLines();
const at: LineAt = (index) => lines[index];
const sections = [0, 4];

function go(cursor: Cursor, move: Move): Cursor {
  return moved(at, cursor, move, lines.length, 3, sections);
}

function on(index: number): Cursor {
  const line = lines[index];
  if (line === undefined) {
    throw new Error(`no line ${index}`);
  }
  return cursorOn(line);
}

describe("a group", () => {
  it("is its first line and those that continue it", () => {
    expect(groupRange(at, 1)).toEqual({ start: 1, end: 3 });
    expect(groupRange(at, 2)).toEqual({ start: 1, end: 3 });
    expect(groupRange(at, 3)).toEqual({ start: 3, end: 4 });
  });
  it("is empty on a heading", () => {
    expect(groupRange(at, 4)).toEqual({ start: 4, end: 4 });
  });
});

describe("moving over whole groups", () => {
  it("steps from group to group and over headings", () => {
    expect(go(on(1), "down").index).toBe(3);
    expect(go(on(3), "down").index).toBe(5);
    expect(go(on(5), "up").index).toBe(3);
    expect(go(on(3), "up").index).toBe(1);
  });
  it("stays at the ends", () => {
    expect(go(on(1), "up")).toEqual(on(1));
    expect(go(on(7), "down")).toEqual(on(7));
  });
  it("goes to the first and the last group", () => {
    expect(go(on(5), "home").index).toBe(1);
    expect(go(on(1), "end").index).toBe(7);
  });
  it("goes to the edges of sections", () => {
    expect(go(on(1), "sectionDown").index).toBe(5);
    expect(go(on(7), "sectionUp").index).toBe(5);
    expect(go(on(5), "sectionUp").index).toBe(1);
  });
  it("pages to the start of the group it lands in", () => {
    expect(go(on(3), "pageDown").index).toBe(5);
    expect(go(on(5), "pageUp").index).toBe(1);
  });
  it("shows the ledger's source where the bank has none", () => {
    expect(go(on(5), "down")).toEqual({ index: 7, side: null, focus: "ledger" });
  });
  it("aims within the list so that lines can be fetched first", () => {
    expect(aim(on(1), "pageUp", 8, 30, sections)).toBe(0);
    expect(aim(on(1), "pageDown", 8, 30, sections)).toBe(7);
  });
});

describe("one side", () => {
  it("is chosen with an arrow and left with the other", () => {
    const bankSide = towards(at, on(1), "bank");
    expect(bankSide).toEqual({ index: 1, side: "bank", focus: "bank" });
    expect(towards(at, bankSide, "ledger")).toEqual(on(1));
    expect(towards(at, on(1), "ledger")).toEqual({ index: 1, side: "ledger", focus: "ledger" });
  });
  it("that the group lacks is found at the nearest line", () => {
    expect(towards(at, on(3), "ledger")).toEqual({ index: 2, side: "ledger", focus: "ledger" });
    expect(towards(at, on(7), "bank")).toEqual({ index: 5, side: "bank", focus: "bank" });
  });
  it("that is nowhere leaves the cursor where it is", () => {
    const lone: LineAt = (index) => (index === 3 ? lines[3] : undefined);
    expect(towards(lone, on(3), "ledger")).toEqual(on(3));
  });
  it("moves line by line through its own cells and past differences", () => {
    const start = towards(at, on(1), "ledger");
    const second = go(start, "down");
    expect(second.index).toBe(2);
    const third = go(second, "down");
    expect(third.index).toBe(5);
    expect(go(third, "down").index).toBe(7);
  });
});

describe("names of cells", () => {
  it("leave out difference lines", () => {
    expect(lines[6] === undefined ? null : refsOf(lines[6], null)).toEqual([]);
  });
  it("can be of one side", () => {
    expect(lines[1] === undefined ? null : refsOf(lines[1], "ledger")).toEqual([
      { side: "ledger", id: "l1" },
    ]);
  });
});
