/** The window's words: `useI18n` for components, pure formatting for everything else. */
export { en, type Key } from "./en";
export { findingWords } from "./findings";
export * from "./format";
export { I18nProvider, type Translator, translatorFor, useI18n } from "./provider";
export { type Message, type Params, translate } from "./translate";
