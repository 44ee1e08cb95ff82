/** What can be chosen about a table, and what a choice changes. Pure: Rust reads the file, this only edits the mapping. */
import type { ColumnRole, TableKind, TableMapping } from "../../ipc";

const BANK_ROLES: ColumnRole[] = [
  "booked",
  "valued",
  "amount",
  "debit",
  "credit",
  "currency",
  "text",
  "reference",
  "counterparty",
  "counterpartyAccount",
  "balance",
  "id",
];

const LEDGER_ROLES: ColumnRole[] = [
  "booked",
  "account",
  "voucher",
  "amount",
  "debit",
  "credit",
  "currency",
  "text",
  "reference",
  "counterparty",
  "id",
];

/** What a column of such a table can hold. */
export function rolesFor(kind: TableKind): ColumnRole[] {
  return kind === "bank" ? BANK_ROLES : LEDGER_ROLES;
}

/** What excludes each other: an amount has its sign, or stands in one of two columns. */
const RIVALS: Partial<Record<ColumnRole, ColumnRole[]>> = {
  amount: ["debit", "credit"],
  debit: ["amount"],
  credit: ["amount"],
};

/** Gives a column a role. Only text may stand in several columns; any other role moves, and rivals give way. */
export function withRole(mapping: TableMapping, column: number, role: ColumnRole | null): TableMapping {
  const width = Math.max(mapping.columns.length, column + 1);
  const columns = Array.from({ length: width }, (_, at) => {
    const held = mapping.columns[at] ?? null;
    if (at === column) {
      return role;
    }
    const moves = role !== null && role !== "text" && held === role;
    const gives = role !== null && held !== null && (RIVALS[role]?.includes(held) ?? false);
    return moves || gives ? null : held;
  });
  return { ...mapping, columns };
}

/** Makes it a table of another kind; roles it cannot have go. */
export function withKind(mapping: TableMapping, kind: TableKind): TableMapping {
  const roles = rolesFor(kind);
  return {
    ...mapping,
    kind,
    columns: mapping.columns.map((role) => (role !== null && roles.includes(role) ? role : null)),
  };
}

/** Whether a column holds this. */
export function holds(mapping: TableMapping, role: ColumnRole): boolean {
  return mapping.columns.includes(role);
}

/** How amounts are written: an example, and its two separators. */
export interface AmountStyle {
  id: string;
  decimal: string;
  thousands: string | null;
}

/** The styles in use; the example in `id` is what is shown. */
export const AMOUNT_STYLES: readonly AmountStyle[] = [
  { id: "1 234,56", decimal: ",", thousands: " " },
  { id: "1 234.56", decimal: ".", thousands: " " },
  { id: "1.234,56", decimal: ",", thousands: "." },
  { id: "1,234.56", decimal: ".", thousands: "," },
];

/** The style of a mapping; one that no choice has gets an example of its own. */
export function amountStyle(mapping: TableMapping): AmountStyle {
  const known = AMOUNT_STYLES.find(
    (style) => style.decimal === mapping.decimal && style.thousands === (mapping.thousands ?? " "),
  );
  return (
    known ?? {
      id: `1${mapping.thousands ?? ""}234${mapping.decimal}56`,
      decimal: mapping.decimal,
      thousands: mapping.thousands,
    }
  );
}

/** Date patterns in use, the likelier ones first. */
export const DATE_PATTERNS: readonly string[] = [
  "YYYY-MM-DD",
  "YYYYMMDD",
  "DD.MM.YYYY",
  "D.M.YYYY",
  "DD-MM-YYYY",
  "DD/MM/YYYY",
  "MM/DD/YYYY",
  "D/M/YYYY",
  "M/D/YYYY",
  "YYYY/MM/DD",
  "YYYY.MM.DD",
  "DD.MM.YY",
  "YY-MM-DD",
  "YYMMDD",
];

/** Separators of cells, with the key of their name where they cannot be seen. */
export const DELIMITERS = [";", ",", "\t", "|"] as const;

/** Encodings that Nordic banks and programs write; the first finds it out. */
export const ENCODINGS = ["auto", "utf-8", "windows-1252", "macintosh"] as const;

/** Currencies to choose from: those of the accounts first, then the Nordic and the usual ones. */
export function currencies(known: readonly string[], chosen: string | null): string[] {
  const usual = ["SEK", "EUR", "NOK", "DKK", "ISK", "USD", "GBP", "CHF", "PLN"];
  return [...new Set([...(chosen === null ? [] : [chosen]), ...known, ...usual])];
}

/** The list with the chosen one in it, in its place where it has one. */
export function including(choices: readonly string[], chosen: string): string[] {
  return choices.includes(chosen) ? [...choices] : [chosen, ...choices];
}
