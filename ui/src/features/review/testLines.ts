/** Makes display lines for the tests of this folder. */
import type { BankCell, LedgerCell, ReviewLine, SectionKind } from "../../ipc";

/** A bank cell with an amount. */
export function bank(id: string, amount = "1.00"): BankCell {
  return {
    id,
    booked: "2026-10-01",
    party: `Party ${id}`,
    detail: `REF ${id}`,
    amount,
    payments: 0,
    commented: false,
  };
}

/** A ledger cell with an amount. */
export function ledger(id: string, amount = "1.00"): LedgerCell {
  return { id, date: "2026-10-02", voucher: `A ${id}`, text: `Text ${id}`, amount, commented: false };
}

/** One display line, empty but for what is given. */
export function line(change: Partial<ReviewLine> & { index: number }): ReviewLine {
  return {
    kind: "first",
    section: "needs",
    group: 0,
    bank: null,
    middle: "none",
    confidence: null,
    safe: false,
    count: 0,
    when: null,
    ledger: null,
    ...change,
  };
}

/**
 * Two sections: needs (group 1: one entry, two equal ledger lines; group 2: one entry) and
 * suggested (group 3: one to one with a difference line; group 4: a lone ledger line).
 */
export function sampleLines(): ReviewLine[] {
  const suggested: SectionKind = "suggested";
  return [
    line({ index: 0, kind: "section" }),
    line({
      index: 1,
      group: 1,
      bank: bank("b1", "48210.00"),
      middle: "equal",
      count: 2,
      ledger: ledger("l1", "48210.00"),
    }),
    line({ index: 2, group: 1, kind: "more", ledger: ledger("l2", "48210.00") }),
    line({ index: 3, group: 2, bank: bank("b2", "-412.50"), middle: "noMatch" }),
    line({ index: 4, kind: "section", section: suggested }),
    line({
      index: 5,
      group: 3,
      section: suggested,
      bank: bank("b3", "-286114.37"),
      middle: "confidence",
      confidence: "0.999",
      ledger: ledger("l3", "-285702.37"),
    }),
    line({
      index: 6,
      group: 3,
      section: suggested,
      kind: "more",
      middle: "difference",
      ledger: { ...ledger("", "-412.00"), text: "Fee" },
    }),
    line({ index: 7, group: 4, section: suggested, ledger: ledger("l4") }),
  ];
}
