import { describe, expect, it } from "vitest";
import { findingWords } from "./findings";
import { translatorFor } from "./provider";

const gap = {
  code: "statement.gap",
  message: "A statement is missing",
  parameters: { before: "D-1", after: "D-3", closing: "1234.50", opening: "-2.00" },
};

describe("the words of a finding", () => {
  it("write its amounts as the language does", () => {
    const words = findingWords(gap, translatorFor("sv"));
    expect(words.title).toBe("Ett kontoutdrag saknas i serien");
    expect(words.text).toContain("Mellan D-1 (utgående saldo 1\u00a0234,50) och D-3 (ingående saldo −2,00)");
  });
  it("pick the plural by its count", () => {
    const repeated = (count: string) => ({ code: "voucher.repeated", message: "", parameters: { count } });
    expect(findingWords(repeated("1"), translatorFor("en")).text).toMatch(/^1 voucher is/);
    expect(findingWords(repeated("1200"), translatorFor("en")).text).toMatch(/^1,200 vouchers are/);
  });
  it("quote what the document says as it stands", () => {
    const odd = { code: "entry.unreadable", message: "", parameters: { found: "12.50" } };
    expect(findingWords(odd, translatorFor("sv")).text).toMatch(/^”12.50” går inte att läsa/);
    const totals = {
      code: "statement.totals_differ",
      message: "",
      parameters: { announced: "1200.50", found: "3" },
    };
    expect(findingWords(totals, translatorFor("sv")).text).toMatch(
      /^Banken anger 1\u00a0200,50, posterna ger 3\./,
    );
  });
  it("are the English sentence for a code nobody translated", () => {
    const words = findingWords({ code: "new.code", message: "New.", parameters: {} }, translatorFor("sv"));
    expect(words).toEqual({ title: null, text: "New." });
  });
});
