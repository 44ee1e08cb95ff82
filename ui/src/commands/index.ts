/** Commands: the key map, and the registry through which views offer what can be done now. */
export * from "./keymap";
export { IS_MAC } from "./platform";
export * from "./registry";
