/**
 * Where the user was in each company, so that leaving a view, unlocking or coming back from another company brings
 * them there. Holds ids, a month and the name of a view only: no figure and no word survives the lock here. It lives as
 * long as the window, also over its being emptied.
 */
import type { ReviewFilter } from "../ipc";

/** A place in a company. */
export interface Place {
  /** Address of the view. */
  view?: string;
  account?: number;
  month?: string | null;
  filter?: ReviewFilter;
}

const key = (company: number) => `place-${company}`;

/** The last place in a company. */
export function recall(company: number): Place {
  const kept: unknown = JSON.parse(sessionStorage.getItem(key(company)) ?? "{}");
  return typeof kept === "object" && kept !== null ? kept : {};
}

/** Keeps what changed of a place. A month of one account is none of another, so the two come together. */
export function remember(company: number, change: Place): void {
  sessionStorage.setItem(key(company), JSON.stringify({ ...recall(company), ...change }));
}
