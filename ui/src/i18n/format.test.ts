import { describe, expect, it } from "vitest";
import {
  clockToday,
  formatAmount,
  formatBytes,
  formatCount,
  formatDay,
  formatMonth,
  fractionDigits,
  isNegative,
  isZero,
  spreadsheetAmount,
} from "./format";

describe("amounts", () => {
  it("are grouped with a true minus in English", () => {
    expect(formatAmount("-286114.37", "en")).toBe("\u2212286,114.37");
  });
  it("use a no-break space and a comma in Swedish", () => {
    expect(formatAmount("4395507.81", "sv")).toBe("4\u00a0395\u00a0507,81");
  });
  it("keep digits a float would lose", () => {
    expect(formatAmount("90071992547409931234.01", "en")).toBe("90,071,992,547,409,931,234.01");
  });
  it("are padded to the currency's digits and never cut", () => {
    expect(formatAmount("5", "en")).toBe("5.00");
    expect(formatAmount("5.1", "en")).toBe("5.10");
    expect(formatAmount("5.12345", "en")).toBe("5.12345");
    expect(formatAmount("5.1200", "en")).toBe("5.12");
    expect(formatAmount("5", "en", 0)).toBe("5");
  });
  it("show nought without a minus", () => {
    expect(formatAmount("-0.00", "en")).toBe("0.00");
  });
  it("that are no decimals come back untouched", () => {
    expect(formatAmount("n/a", "en")).toBe("n/a");
  });
  it("know nought and the sign by their text", () => {
    expect(isZero("0.000")).toBe(true);
    expect(isZero("-0")).toBe(true);
    expect(isZero("0.01")).toBe(false);
    expect(isZero("")).toBe(false);
    expect(isNegative("-0.00")).toBe(false);
    expect(isNegative("-0.01")).toBe(true);
  });
  it("go to a spreadsheet without grouping and with the locale's decimal sign", () => {
    expect(spreadsheetAmount("-1234.50", "sv")).toBe("-1234,50");
    expect(spreadsheetAmount("-1234.50", "en")).toBe("-1234.50");
  });
  it("take their digits from the currency", () => {
    expect(fractionDigits("SEK")).toBe(2);
    expect(fractionDigits("JPY")).toBe(0);
    expect(fractionDigits("")).toBe(2);
  });
});

describe("days and instants", () => {
  it("are short in lists and long in the evidence column", () => {
    expect(formatDay("2026-10-17", "en")).toBe("17 Oct");
    expect(formatDay("2026-10-17", "sv")).toBe("17 okt");
    expect(formatDay("2026-10-17", "en", "long")).toBe("17 October 2026");
    expect(formatDay("2026-09-01", "en")).toBe("1 Sep");
  });
  it("do not shift with the time zone", () => {
    expect(formatDay("2026-01-01", "en")).toBe("1 Jan");
  });
  it("name a month with a capital", () => {
    expect(formatMonth("2026-10", "sv")).toBe("Oktober 2026");
  });
  it("give a clock for today and none for another day", () => {
    const now = new Date("2026-10-01T12:00:00");
    expect(clockToday("2026-10-01T08:02:00", "en", now)).toBe("08:02");
    expect(clockToday("2026-09-30T08:02:00", "en", now)).toBeNull();
    expect(clockToday("2026-10-01", "en", now)).toBeNull();
  });
});

describe("counts and sizes", () => {
  it("group counts", () => {
    expect(formatCount(41207, "en")).toBe("41,207");
  });
  it("round sizes to one decimal", () => {
    expect(formatBytes(999, "en")).toBe("999\u00a0B");
    expect(formatBytes(41_882, "sv")).toBe("41,9\u00a0kB");
    expect(formatBytes(268_435_456, "en")).toBe("268\u00a0MB");
  });
});
