/** Hands the chosen language to the components. */
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { I18nProvider as AriaI18nProvider } from "react-aria-components";
import type { ErrorView, Language } from "../ipc";
import { en, type Key } from "./en";
import {
  type DayStyle,
  formatAmount,
  formatCount,
  formatDay,
  formatInstant,
  formatMonth,
  LOCALES,
} from "./format";
import { sv } from "./sv";
import { type Message, type Params, translate } from "./translate";

/** Words and formats of one language. */
export interface Translator {
  language: Language;
  /** The text under a key. */
  t: (key: Key, params?: Params) => string;
  /** The text under a key made at run time, such as a code from Rust; `null` when there is none. */
  tMaybe: (key: string, params?: Params) => string | null;
  /** An error in the user's words, or Rust's English sentence. */
  tError: (error: ErrorView) => string;
  amount: (amount: string, digits?: number) => string;
  count: (count: number) => string;
  day: (day: string, style?: DayStyle) => string;
  month: (month: string) => string;
  instant: (instant: string) => string;
}

const CATALOGUES: Record<Language, Record<string, Message>> = { en, sv };

/** Builds the translator of a language. */
export function translatorFor(language: Language): Translator {
  const catalogue = new Map(Object.entries(CATALOGUES[language]));
  const tMaybe: Translator["tMaybe"] = (key, params) => {
    const message = catalogue.get(key);
    return message === undefined ? null : translate(message, language, params);
  };
  return {
    language,
    t: (key, params) => tMaybe(key, params) ?? key,
    tMaybe,
    tError: (error) => {
      const params = {
        ...error.params,
        message: error.message,
        reason: error.params["reason"] ?? error.message,
      };
      // A document refused where a whole one was needed comes with the reason of its refusal.
      return (
        tMaybe(`error.${error.code}`, params) ??
        tMaybe(`findings.text.${error.code}`, params) ??
        error.message
      );
    },
    amount: (amount, digits) => formatAmount(amount, language, digits),
    count: (count) => formatCount(count, language),
    day: (day, style) => formatDay(day, language, style),
    month: (month) => formatMonth(month, language),
    instant: (instant) => formatInstant(instant, language),
  };
}

const I18nContext = createContext<Translator>(translatorFor("en"));

/** Provides a language to everything inside, React Aria's own words included. */
export function I18nProvider({ language, children }: { language: Language; children: ReactNode }) {
  const translator = useMemo(() => translatorFor(language), [language]);
  return (
    <I18nContext value={translator}>
      <AriaI18nProvider locale={LOCALES[language]}>{children}</AriaI18nProvider>
    </I18nContext>
  );
}

/** Words and formats of the chosen language. */
export function useI18n(): Translator {
  return useContext(I18nContext);
}
