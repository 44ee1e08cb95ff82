/** The design system: tokens (CSS), small components, icons. */
export * from "./components";
export * from "./icons";
