/** Sync: where it stands, the first one, and what was not taken over. */
export { ConflictBar } from "./ConflictBar";
export { FirstSync, isFirstSync } from "./FirstSync";
export { conflictsQuery, syncQuery, useSync } from "./queries";
export { SyncStatus } from "./SyncStatus";
export { type SyncTone, syncWords } from "./words";
