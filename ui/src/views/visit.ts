/** A line that is to be opened in the reconciliation, with the field for a comment: asked for from anywhere. */
import { useSyncExternalStore } from "react";
import type { ConflictLine } from "../ipc";

/** One wish to see a line. */
export interface Visit {
  /** Counts the wishes, so that the same line can be asked for again. */
  number: number;
  /** Whose line it is: another company has none by that name. */
  company: number;
  to: ConflictLine;
}

let visit: Visit | null = null;
let count = 0;
const listeners = new Set<() => void>();

/** Asks for a line. */
export function visitLine(company: number, to: ConflictLine): void {
  count += 1;
  visit = { number: count, company, to };
  for (const listener of listeners) {
    listener();
  }
}

/** The visit was made, or the workspace is locked: nothing of it stays. */
export function endVisit(): void {
  visit = null;
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The newest wish in this company that was not fulfilled yet. */
export function useVisit(company: number): Visit | null {
  return useSyncExternalStore(subscribe, () => (visit?.company === company ? visit : null));
}
