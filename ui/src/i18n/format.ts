/**
 * Formats figures, days and instants by locale.
 *
 * Amounts arrive as decimal strings and never become floats: digits are grouped as text.
 */
import type { Language } from "../ipc";

/** BCP 47 tag for each language of the interface; English follows European day and month order. */
export const LOCALES: Record<Language, string> = { en: "en-GB", sv: "sv-SE" };

/** U+2212: as wide as a digit, unlike the hyphen. */
export const MINUS = "\u2212";

interface Separators {
  group: string;
  decimal: string;
}

const SEPARATORS: Record<Language, Separators> = {
  en: { group: ",", decimal: "." },
  // A no-break space, as Swedish writes thousands.
  sv: { group: "\u00a0", decimal: "," },
};

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Whether a decimal string is nought, whatever its scale. */
export function isZero(amount: string): boolean {
  return /^[+-]?0*(?:\.0*)?$/.test(amount) && /\d/.test(amount);
}

/** Whether a decimal string is below nought. */
export function isNegative(amount: string): boolean {
  return amount.startsWith("-") && !isZero(amount);
}

/** The amount without its sign. */
export function absolute(amount: string): string {
  return amount.replace(/^[+-]/, "");
}

const digitsOf = new Map<string, number>();

/** Digits behind the decimal point that a currency usually has; 2 where the currency is not known. */
export function fractionDigits(currency: string): number {
  if (!/^[A-Za-z]{3}$/.test(currency)) {
    return 2;
  }
  const known = digitsOf.get(currency);
  if (known !== undefined) {
    return known;
  }
  const options = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  const digits = options.maximumFractionDigits ?? 2;
  digitsOf.set(currency, digits);
  return digits;
}

/**
 * A decimal string for reading: grouped, with a true minus, and at least `digits` decimals.
 * Given decimals are never cut. A string that is no decimal comes back as it is.
 */
export function formatAmount(amount: string, language: Language, digits = 2): string {
  const match = DECIMAL.exec(amount.trim());
  if (match === null) {
    return amount;
  }
  const [, sign = "", whole = "0", fraction = ""] = match;
  const { group, decimal } = SEPARATORS[language];
  const trimmed = whole.replace(/^0+(?=\d)/, "");
  const grouped = trimmed.replace(/\B(?=(\d{3})+$)/g, group);
  // Trailing noughts beyond the currency's digits say nothing; other digits are kept.
  const kept = fraction.slice(0, digits) + fraction.slice(digits).replace(/0+$/, "");
  const padded = kept.padEnd(digits, "0");
  const negative = sign === "-" && !isZero(amount);
  return `${negative ? MINUS : ""}${grouped}${padded === "" ? "" : decimal + padded}`;
}

/** A decimal string for a spreadsheet: no grouping, an ASCII minus, the locale's decimal sign. */
export function spreadsheetAmount(amount: string, language: Language): string {
  return DECIMAL.test(amount.trim()) ? amount.trim().replace(".", SEPARATORS[language].decimal) : amount;
}

/** A whole number, grouped. */
export function formatCount(count: number, language: Language): string {
  return formatAmount(String(Math.trunc(count)), language, 0);
}

function parseDay(day: string): Date | null {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(day);
  if (match === null) {
    return null;
  }
  const [, year, month, date = "01"] = match;
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
}

/** Formatters are expensive to make and a list asks for thousands. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const known = formatters.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = new Intl.DateTimeFormat(LOCALES[language], options);
  formatters.set(key, made);
  return made;
}

/** How much of a day is written. */
export type DayStyle = "short" | "medium" | "long";

const DAY_STYLES: Record<DayStyle, Intl.DateTimeFormatOptions> = {
  short: { day: "numeric", month: "short", timeZone: "UTC" },
  medium: { day: "numeric", month: "short", year: "2-digit", timeZone: "UTC" },
  long: { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" },
};

/** A day `YYYY-MM-DD` for reading; anything else comes back as it is. */
export function formatDay(day: string, language: Language, style: DayStyle = "short"): string {
  const date = parseDay(day);
  if (date === null) {
    return day;
  }
  // Abbreviations with a full stop ("okt.") and September as "Sept" spoil a column of days.
  return formatter(language, DAY_STYLES[style])
    .format(date)
    .replace(".", "")
    .replace(/Sept\b/, "Sep");
}

/** A month `YYYY-MM` for reading, with a capital at the start as it stands alone. */
export function formatMonth(month: string, language: Language): string {
  const date = parseDay(month);
  if (date === null) {
    return month;
  }
  const text = formatter(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(date);
  return text.charAt(0).toLocaleUpperCase(LOCALES[language]) + text.slice(1);
}

/** An RFC 3339 instant in local time: day, month and clock, with the year when it is not `now`'s. */
export function formatInstant(instant: string, language: Language, now = new Date()): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) {
    return instant;
  }
  const clock = formatter(language, { hour: "2-digit", minute: "2-digit" }).format(date);
  const year: Intl.DateTimeFormatOptions =
    date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  const day = formatter(language, { day: "numeric", month: "short", ...year }).format(date);
  return `${day.replace(".", "")} ${clock}`;
}

/** Local clock time of an RFC 3339 instant of today; `null` for another day, where a clock would mislead. */
export function clockToday(instant: string, language: Language, now = new Date()): string | null {
  const date = new Date(instant);
  if (!instant.includes("T") || date.toDateString() !== now.toDateString()) {
    return null;
  }
  return formatter(language, { hour: "2-digit", minute: "2-digit" }).format(date);
}

const BYTE_UNITS = ["B", "kB", "MB", "GB"] as const;

/** A size in bytes with at most one decimal. */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const text = new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
  return `${text}\u00a0${BYTE_UNITS[unit] ?? "B"}`;
}

/** A digest's short code with middle dots, so that it reads as one thing. */
export function formatCode(code: string): string {
  return code.replaceAll("-", "\u00b7");
}
