/** The design system: tokens (CSS), small components, icons. */

export { afterPaint } from "./afterPaint";
export { BrowserWait } from "./browserWait";
export * from "./components";
export * from "./icons";
export { Later, type Part, part } from "./later";
