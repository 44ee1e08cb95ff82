/** The application: gate, shell, router, keys and palette. */
export { App } from "./App";
