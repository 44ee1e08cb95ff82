/** What the window knows about its platform: only whether Command stands for Ctrl. */

/** Whether this is a Mac, by the only name webviews agree on. */
export const IS_MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");
