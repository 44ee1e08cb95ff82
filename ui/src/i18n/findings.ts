/** A finding in the user's words: title and text by its code, with its values as the language writes them. */
import type { FindingView } from "../ipc";
import type { Translator } from "./provider";
import type { Params } from "./translate";

/** What the words of a finding are made from. */
export type FindingWordsSource = Pick<FindingView, "code" | "message" | "parameters">;

const COUNTS = new Set(["count", "missing", "most"]);
const DAYS = new Set(["date", "from", "to"]);
/** Figures that a remark compares; anything else is quoted from the document as it stands. */
const AMOUNTS = new Set([
  "after",
  "amount",
  "before",
  "closing",
  "difference",
  "expected",
  "opening",
  "previous",
  "result",
  "sum",
]);
const AMOUNT = /^(-?\d+\.\d+)( [A-Z]{3})?$/;

/** What a bank announces and what it gives, where a code says that they differ: figures as well. */
const COMPARED = new Set(["announced", "found"]);

function value(code: string, name: string, text: string, i18n: Translator): string | number {
  if (COUNTS.has(name) && /^\d+$/.test(text)) {
    return Number(text);
  }
  if (DAYS.has(name)) {
    return i18n.day(text);
  }
  const figure = AMOUNTS.has(name) || (COMPARED.has(name) && /_differs?$/.test(code));
  const amount = figure ? AMOUNT.exec(text) : null;
  return amount === null ? text : `${i18n.amount(amount[1] ?? text)}${amount[2] ?? ""}`;
}

/** The values of a finding for its text; Rust's sentence is among them as `message`. */
export function findingParams(finding: FindingWordsSource, i18n: Translator): Params {
  const values = Object.entries(finding.parameters).map(([name, text]) => [
    name,
    value(finding.code, name, text ?? "", i18n),
  ]);
  return { message: finding.message, ...Object.fromEntries(values) };
}

/** Title and text of a finding; without a translation there is no title and Rust's English sentence. */
export function findingWords(
  finding: FindingWordsSource,
  i18n: Translator,
): { title: string | null; text: string } {
  const params = findingParams(finding, i18n);
  return {
    title: i18n.tMaybe(`findings.code.${finding.code}`, params),
    text: i18n.tMaybe(`findings.text.${finding.code}`, params) ?? finding.message,
  };
}
