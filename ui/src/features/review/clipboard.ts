/**
 * A selection as a grid for a spreadsheet: TSV for plain text and HTML with types, both with headers. Pure.
 *
 * References stay text (leading noughts survive), amounts are numbers in the locale's notation, and no text can
 * become a formula.
 */
import { spreadsheetAmount } from "../../i18n";
import type { Language, ReviewLine, SideView } from "../../ipc";

/** A row to copy: a display line and which of its sides. */
export interface CopyRow {
  line: ReviewLine;
  sides: readonly SideView[];
}

/** The grid in both forms. */
export interface ClipboardGrid {
  text: string;
  html: string;
}

/** Headings in the order of the columns. */
export type CopyHeaders = readonly [
  booked: string,
  bank: string,
  reference: string,
  bankAmount: string,
  state: string,
  date: string,
  voucher: string,
  ledger: string,
  ledgerAmount: string,
];

interface Cell {
  value: string;
  kind: "text" | "date" | "amount";
}

function text(value: string | null | undefined): Cell {
  return { value: (value ?? "").replace(/[\t\r\n]+/g, " "), kind: "text" };
}

function cells(row: CopyRow, state: (line: ReviewLine) => string, language: Language): Cell[] {
  const bank = row.sides.includes("bank") ? row.line.bank : null;
  const ledger = row.sides.includes("ledger") ? row.line.ledger : null;
  const amount = (value: string | undefined): Cell => ({
    value: value === undefined ? "" : spreadsheetAmount(value, language),
    kind: "amount",
  });
  return [
    { value: bank?.booked ?? "", kind: "date" },
    text(bank?.party),
    text(bank?.detail),
    amount(bank?.amount),
    text(state(row.line)),
    { value: ledger?.date ?? "", kind: "date" },
    text(ledger?.voucher),
    text(ledger?.text),
    amount(ledger?.amount),
  ];
}

/** Spreadsheets take text that starts so for a formula when they read plain text. */
const FORMULA = /^[=+\-@\t\r]/;

function plain(cell: Cell): string {
  return cell.kind === "text" && FORMULA.test(cell.value) ? `'${cell.value}` : cell.value;
}

function escapeHtml(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Excel's own number formats; other programs ignore them. */
const FORMATS: Record<Cell["kind"], string> = {
  text: "\\@",
  date: "yyyy\\-mm\\-dd",
  amount: "\\#\\,\\#\\#0\\.00",
};

function html(cell: Cell): string {
  return `<td style="mso-number-format:'${FORMATS[cell.kind]}'">${escapeHtml(cell.value)}</td>`;
}

/** The rows with headers, for a spreadsheet in the given language. */
export function clipboardGrid(
  rows: readonly CopyRow[],
  headers: CopyHeaders,
  state: (line: ReviewLine) => string,
  language: Language,
): ClipboardGrid {
  const grid = rows.map((row) => cells(row, state, language));
  const head = headers.map((header) => `<th>${escapeHtml(header)}</th>`).join("");
  const body = grid.map((row) => `<tr>${row.map(html).join("")}</tr>`).join("");
  return {
    text: [headers.join("\t"), ...grid.map((row) => row.map(plain).join("\t"))].join("\r\n"),
    html: `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  };
}

/** Puts a grid on the clipboard; must run inside a key press or click. Answers whether the webview took it. */
export function copyGrid(grid: ClipboardGrid): boolean {
  let taken = false;
  const put = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", grid.text);
    event.clipboardData?.setData("text/html", grid.html);
    taken = event.clipboardData !== null;
  };
  // WebKit copies without a text selection only when somebody cares for `beforecopy`.
  const allow = (event: Event) => event.preventDefault();
  document.addEventListener("copy", put);
  document.addEventListener("beforecopy", allow);
  try {
    document.execCommand("copy");
  } finally {
    document.removeEventListener("copy", put);
    document.removeEventListener("beforecopy", allow);
  }
  return taken;
}
