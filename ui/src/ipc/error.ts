/** Turns whatever a command rejected with into an `ErrorView`. */
import type { ErrorView } from "./generated/ErrorView";

function isErrorView(value: unknown): value is ErrorView {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const candidate = value as Partial<ErrorView>;
  return typeof candidate.code === "string" && typeof candidate.message === "string";
}

/** An `ErrorView` as it came from Rust, or one with code `window.unexpected` for anything else. */
export function toErrorView(reason: unknown): ErrorView {
  if (isErrorView(reason)) {
    return { code: reason.code, message: reason.message, params: reason.params ?? {} };
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return { code: "window.unexpected", message, params: {} };
}
