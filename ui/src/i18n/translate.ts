/** Fills messages with parameters and picks the plural by the language's own rules. Pure. */
import type { Language } from "../ipc";
import { formatCount, LOCALES } from "./format";

/** A text, or one per plural category; `count` decides. */
export type Message = string | { readonly one: string; readonly other: string };

/** Values for the `{names}` in a message; numbers are grouped by locale. */
export type Params = Readonly<Record<string, string | number>>;

const plurals: Record<Language, Intl.PluralRules> = {
  en: new Intl.PluralRules(LOCALES.en),
  sv: new Intl.PluralRules(LOCALES.sv),
};

/** The message in words. A parameter that is not given stays visible as `{name}`, so that it is noticed. */
export function translate(message: Message, language: Language, params: Params = {}): string {
  const { count } = params;
  const text =
    typeof message === "string"
      ? message
      : typeof count === "number" && plurals[language].select(count) === "one"
        ? message.one
        : message.other;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) {
      return whole;
    }
    return typeof value === "number" ? formatCount(value, language) : value;
  });
}
