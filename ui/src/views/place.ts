/**
 * Where the user was, so that leaving a view or unlocking brings them back.
 * Holds ids and a month only: no figure and no word survives the lock here.
 */
import type { ReviewFilter } from "../ipc";

/** A place in the reconciliation. */
export interface Place {
  account?: number;
  month?: string | null;
  filter?: ReviewFilter;
}

let place: Place = {};

/** The last place. */
export function recall(): Place {
  return place;
}

/** Keeps a place. A month of one account is none of another. */
export function remember(next: Place): void {
  place = next;
}
