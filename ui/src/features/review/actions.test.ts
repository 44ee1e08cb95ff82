import { describe, expect, it } from "vitest";
import type { DecisionRequest, ReviewLine, SideView } from "../../ipc";
import { askWhy, matchStep, possible, type Subject, summarise } from "./actions";
import { bank, ledger, line, sampleLines } from "./testLines";

const lines = sampleLines();

function subject(parts: [index: number, ...sides: SideView[]][], marked = false): Subject {
  return {
    marked,
    fresh: true,
    parts: parts.map(([index, ...sides]) => ({ line: lines[index] as ReviewLine, sides })),
  };
}

const both: SideView[] = ["bank", "ledger"];

describe("a proposal", () => {
  const proposal = subject([
    [5, ...both],
    [6, ...both],
  ]);
  it("can be accepted, rejected and held, not dissolved", () => {
    expect(possible(proposal)).toMatchObject({
      accept: true,
      reject: true,
      hold: true,
      unmatch: false,
      release: false,
    });
  });
  it("cannot be written off as a whole, since it has two sides", () => {
    expect(possible(proposal).writeOff).toBe(false);
  });
  it("names its lines without the difference", () => {
    expect(summarise(proposal)).toMatchObject({ bank: 1, ledger: 1, groups: [3] });
  });
  it("is matched by hand only after marking, as accepting has its own key", () => {
    expect(matchStep(proposal)).toEqual({ step: "mark", side: "bank" });
  });
});

describe("an open entry", () => {
  it("can be written off for a reason", () => {
    expect(possible(subject([[3, ...both]]))).toMatchObject({ writeOff: true, accept: false });
  });
  it("starts matching by hand with its own side", () => {
    expect(matchStep(subject([[3, ...both]]))).toEqual({ step: "mark", side: "bank" });
  });
  it("with two equal solutions is never matched to both at one key", () => {
    expect(
      matchStep(
        subject([
          [1, ...both],
          [2, ...both],
        ]),
      ),
    ).toEqual({ step: "mark", side: "bank" });
  });
});

describe("a contradicting pair", () => {
  it("can be matched as it stands", () => {
    const pair = line({ index: 1, group: 9, bank: bank("b"), ledger: ledger("l"), middle: "contradicts" });
    expect(matchStep({ marked: false, fresh: true, parts: [{ line: pair, sides: both }] })).toEqual({
      step: "match",
    });
  });
});

describe("marked lines", () => {
  it("of both sides are matched, from whatever groups", () => {
    expect(
      matchStep(
        subject(
          [
            [1, "bank"],
            [7, "ledger"],
          ],
          true,
        ),
      ),
    ).toEqual({ step: "match" });
  });
  it("of one side ask for the other", () => {
    expect(
      matchStep(
        subject(
          [
            [1, "ledger"],
            [2, "ledger"],
          ],
          true,
        ),
      ),
    ).toEqual({ step: "mark", side: "ledger" });
  });
});

describe("lines marked before a search", () => {
  const old: Subject = { ...subject([[5, ...both]], true), fresh: false };
  it("can still be matched or held, since their own ids last", () => {
    expect(possible(old)).toMatchObject({ match: true, hold: true });
  });
  it("cannot be accepted, since their groups' ids do not", () => {
    expect(possible(old)).toMatchObject({ accept: false, reject: false });
  });
});

describe("what is confirmed", () => {
  const confirmed = line({ index: 1, section: "confirmed", group: 5, bank: bank("b"), ledger: ledger("l") });
  it("can only be dissolved or commented on", () => {
    expect(possible({ marked: false, fresh: true, parts: [{ line: confirmed, sides: both }] })).toEqual({
      accept: false,
      reject: false,
      match: false,
      unmatch: true,
      hold: false,
      release: false,
      comment: true,
      writeOff: false,
    });
  });
});

describe("nothing", () => {
  it("allows nothing", () => {
    expect(Object.values(possible({ marked: false, fresh: true, parts: [] })).some(Boolean)).toBe(false);
  });
});

describe("a refused proposal", () => {
  const accept = (group: number): DecisionRequest => ({ kind: "accept", group, differenceReason: null });
  const error = { code: "decision.unexplained_difference", message: "", params: { difference: "-2.00" } };
  it("is asked about when its sides differ, and the ones behind it wait", () => {
    expect(askWhy([accept(5), accept(9), accept(13)], 1, error)).toEqual({
      differing: 9,
      difference: "-2.00",
      others: [13],
    });
  });
  it("is told of in words when anything else is the matter, or it was no proposal", () => {
    expect(askWhy([accept(5)], 0, { ...error, code: "decision.stale" })).toBeNull();
    expect(askWhy([{ kind: "match", lines: [], differenceReason: null }], 0, error)).toBeNull();
  });
});
