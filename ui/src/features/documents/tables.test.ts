import { describe, expect, it } from "vitest";
import type { TableMapping } from "../../ipc";
import { AMOUNT_STYLES, amountStyle, currencies, holds, including, withKind, withRole } from "./tables";

function mapping(change: Partial<TableMapping>): TableMapping {
  return {
    kind: "bank",
    delimiter: ";",
    encoding: null,
    skipRows: 0,
    header: true,
    decimal: ",",
    thousands: " ",
    dateFormat: "YYYY-MM-DD",
    flipSign: false,
    columns: ["booked", "amount", "text", null],
    account: null,
    scheme: null,
    currency: "SEK",
    name: null,
    ...change,
  };
}

describe("a column's role", () => {
  it("moves from the column that had it", () => {
    expect(withRole(mapping({}), 3, "booked").columns).toEqual([null, "amount", "text", "booked"]);
  });
  it("stays with every column of text", () => {
    expect(withRole(mapping({}), 3, "text").columns).toEqual(["booked", "amount", "text", "text"]);
  });
  it("is either one amount or debit and credit", () => {
    const sided = withRole(mapping({}), 3, "debit");
    expect(sided.columns).toEqual(["booked", null, "text", "debit"]);
    const both = withRole(sided, 1, "credit");
    expect(both.columns).toEqual(["booked", "credit", "text", "debit"]);
    expect(withRole(both, 2, "amount").columns).toEqual(["booked", null, "amount", null]);
  });
  it("can be taken away, and given to a column the mapping did not know", () => {
    expect(withRole(mapping({}), 0, null).columns[0]).toBeNull();
    expect(withRole(mapping({}), 5, "balance").columns).toEqual([
      "booked",
      "amount",
      "text",
      null,
      null,
      "balance",
    ]);
  });
});

describe("the kind of a table", () => {
  it("drops roles the other kind cannot have and keeps the rest", () => {
    const bank = mapping({ columns: ["booked", "amount", "balance", "valued"] });
    const ledger = withKind(bank, "ledger");
    expect(ledger.columns).toEqual(["booked", "amount", null, null]);
    expect(withKind(withRole(ledger, 2, "voucher"), "bank").columns).toEqual([
      "booked",
      "amount",
      null,
      null,
    ]);
  });
});

describe("choices", () => {
  it("name the amounts by example, whatever the separators", () => {
    expect(amountStyle(mapping({})).id).toBe("1 234,56");
    expect(amountStyle(mapping({ thousands: null })).id).toBe("1 234,56");
    expect(amountStyle(mapping({ decimal: ".", thousands: "," })).id).toBe("1,234.56");
    expect(amountStyle(mapping({ decimal: "/", thousands: null })).id).toBe("1234/56");
    expect(new Set(AMOUNT_STYLES.map((style) => style.id)).size).toBe(AMOUNT_STYLES.length);
  });
  it("always hold what is chosen, once", () => {
    expect(currencies(["EUR"], "ISK").slice(0, 3)).toEqual(["ISK", "EUR", "SEK"]);
    expect(currencies([], null)[0]).toBe("SEK");
    expect(including(["a", "b"], "b")).toEqual(["a", "b"]);
    expect(including(["a", "b"], "c")).toEqual(["c", "a", "b"]);
  });
  it("know what the columns hold", () => {
    expect(holds(mapping({}), "text")).toBe(true);
    expect(holds(mapping({}), "currency")).toBe(false);
  });
});
