import { describe, expect, it } from "vitest";
import {
  canvasHeight,
  centre,
  type Geometry,
  lastOffset,
  offsetAt,
  pagesAhead,
  pagesOf,
  ROW,
  reveal,
  rowsAt,
  scale,
  scrollTopAt,
  TALLEST,
} from "./window";

const small: Geometry = { rows: 1000, viewport: 600 };
const large: Geometry = { rows: 1_000_000, viewport: 600 };

describe("a list the webview can hold", () => {
  it("has a canvas as tall as its rows", () => {
    expect(canvasHeight(small)).toBe(32_000);
    expect(scale(small)).toBe(1);
  });
  it("of 250,000 lines is not scaled", () => {
    expect(scale({ rows: 250_000, viewport: 600 })).toBe(1);
  });
  it("shorter than the view does not scroll", () => {
    const short: Geometry = { rows: 3, viewport: 600 };
    expect(canvasHeight(short)).toBe(600);
    expect(offsetAt(short, 40)).toBe(0);
    expect(rowsAt(short, 0, 5)).toEqual({ start: 0, end: 3 });
  });
  it("that is empty has no rows", () => {
    expect(rowsAt({ rows: 0, viewport: 600 }, 0, 4)).toEqual({ start: 0, end: 0 });
  });
});

describe("a list taller than the webview can hold", () => {
  it("keeps its canvas below the limit", () => {
    expect(canvasHeight(large)).toBe(TALLEST);
    expect(scale(large)).toBeGreaterThan(2.6);
  });
  it("reaches its first and its last row", () => {
    expect(offsetAt(large, 0)).toBe(0);
    const end = offsetAt(large, TALLEST - large.viewport);
    expect(end).toBeCloseTo(lastOffset(large), 3);
    expect(rowsAt(large, end).end).toBe(1_000_000);
  });
  it("goes to an offset and back within a pixel", () => {
    for (const offset of [0, 17, 1_000_003, 16_000_000, lastOffset(large)]) {
      expect(Math.abs(offsetAt(large, scrollTopAt(large, offset)) - offset)).toBeLessThan(1);
    }
  });
});

describe("the rows that are seen", () => {
  it("cover the view whole at any offset", () => {
    for (let offset = 0; offset < 200; offset += 7) {
      const { start, end } = rowsAt(small, offset);
      expect(start * ROW).toBeLessThanOrEqual(offset);
      expect(end * ROW).toBeGreaterThanOrEqual(offset + small.viewport);
    }
  });
});

describe("revealing rows", () => {
  it("does not move what is seen already", () => {
    expect(reveal(small, 320, { start: 12, end: 14 })).toBe(320);
  });
  it("moves by the least", () => {
    expect(reveal(small, 320, { start: 5, end: 6 })).toBe(160);
    expect(reveal(small, 0, { start: 20, end: 21 })).toBe(21 * ROW - 600);
  });
  it("shows the start of what does not fit", () => {
    expect(reveal(small, 0, { start: 100, end: 200 })).toBe(3200);
  });
  it("centres within the bounds", () => {
    expect(centre(small, 0)).toBe(0);
    expect(centre(small, 999)).toBe(lastOffset(small));
    expect(centre(small, 500)).toBe(500 * ROW - 284);
  });
});

describe("pages", () => {
  it("are those a range touches", () => {
    expect(pagesOf({ start: 0, end: 100 }, 100)).toEqual([0]);
    expect(pagesOf({ start: 99, end: 101 }, 100)).toEqual([0, 1]);
    expect(pagesOf({ start: 5, end: 5 }, 100)).toEqual([]);
  });
  it("are fetched further ahead than behind", () => {
    expect(pagesAhead({ start: 500, end: 520 }, 1, 100, 1000)).toEqual([6, 7, 8, 9, 4, 3]);
    expect(pagesAhead({ start: 500, end: 520 }, -1, 100, 1000)).toEqual([4, 3, 2, 1, 6, 7]);
    expect(pagesAhead({ start: 0, end: 20 }, -1, 100, 150)).toEqual([1]);
  });
});
