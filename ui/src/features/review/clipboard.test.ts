import { describe, expect, it } from "vitest";
import { type CopyHeaders, clipboardGrid } from "./clipboard";
import { bank, ledger, line } from "./testLines";

const HEADERS: CopyHeaders = [
  "Booked",
  "Bank",
  "Reference",
  "Bank amount",
  "State",
  "Date",
  "Voucher",
  "Ledger",
  "Ledger amount",
];

const row = line({
  index: 1,
  bank: { ...bank("b", "-1234.50"), party: "A & B <AB>", detail: "00012345" },
  middle: "noMatch",
  ledger: { ...ledger("l", "1234.50"), text: "=cmd()" },
});

function grid(sides: ("bank" | "ledger")[], language: "en" | "sv" = "en") {
  return clipboardGrid([{ line: row, sides }], HEADERS, () => "no match", language);
}

describe("a copied selection", () => {
  it("is a grid with headers, one row per line", () => {
    const lines = grid(["bank", "ledger"]).text.split("\r\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]?.split("\t")).toEqual([...HEADERS]);
    expect(lines[1]?.split("\t")).toHaveLength(HEADERS.length);
  });
  it("writes amounts as plain numbers of the locale", () => {
    expect(grid(["bank"]).text).toContain("\t-1234.50\t");
    expect(grid(["bank"], "sv").text).toContain("\t-1234,50\t");
  });
  it("keeps references as text with their leading noughts", () => {
    expect(grid(["bank"]).html).toContain(`<td style="mso-number-format:'\\@'">00012345</td>`);
  });
  it("never becomes a formula", () => {
    expect(grid(["ledger"]).text).toContain("\t'=cmd()\t");
  });
  it("escapes what would be markup", () => {
    expect(grid(["bank"]).html).toContain("A &amp; B &lt;AB&gt;");
  });
  it("leaves out the side that is not selected", () => {
    expect(grid(["ledger"]).text.split("\r\n")[1]?.startsWith("\t\t\t\t")).toBe(true);
  });
  it("keeps a cell one cell whatever it holds", () => {
    const odd = { ...row, bank: { ...bank("b"), party: "two\nlines\tand tabs" } };
    const text = clipboardGrid([{ line: odd, sides: ["bank"] }], HEADERS, () => "", "en").text;
    expect(text.split("\r\n")).toHaveLength(2);
    expect(text.split("\r\n")[1]?.split("\t")[1]).toBe("two lines and tabs");
  });
});
