/** Where sync stands: one query that the shell's events write into, and what goes stale by them. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { backendOf, readAgain, type SyncView, useBackend } from "../../ipc";
import { type Sample, secondsLeft } from "./words";

/** Where sync stands. */
export const syncQuery = queryOptions({
  queryKey: ["sync"],
  queryFn: ({ client }) => backendOf(client).syncState(),
});

/** What was not taken over. */
export const conflictsQuery = queryOptions({
  queryKey: ["conflicts"],
  queryFn: ({ client }) => backendOf(client).listConflicts(),
});

/** What a sync makes stale; the status comes by its own event. */
const STALE_AFTER_SYNC = ["accounts", "documents", "findings", "review", "source", "group"];

/** What was read again last; the query itself may have heard of a change before its event came. */
interface Seen {
  changes: number;
  refused: number;
}

function take(client: QueryClient, next: SyncView, seen: Seen): void {
  client.setQueryData(syncQuery.queryKey, next);
  const changed = seen.changes !== next.changes;
  if (changed) {
    void readAgain(client, STALE_AFTER_SYNC);
  }
  if (changed || seen.refused !== next.refused) {
    void readAgain(client, ["conflicts"]);
  }
  seen.changes = next.changes;
  seen.refused = next.refused;
}

/** Follows sync while the workspace is open. */
export function useSync(): SyncView | undefined {
  const client = useQueryClient();
  const backend = useBackend();
  const state = useQuery(syncQuery);
  const seen = useRef<Seen>({ changes: 0, refused: 0 });
  useEffect(
    () =>
      backend.onSyncChanged(
        (next) => take(client, next, seen.current),
        // What was said before anybody listened.
        () =>
          void backend
            .syncState()
            .then((next) => take(client, next, seen.current))
            .catch(() => undefined),
      ),
    [client, backend],
  );
  return state.data;
}

/** Seconds left of the sync that runs, or `null` while nothing can be said. */
export function useTimeLeft(view: SyncView): number | null {
  const first = useRef<{ total: number; applying: boolean; sample: Sample } | null>(null);
  const [left, setLeft] = useState<number | null>(null);
  const { eventsDone: done, eventsTotal: total, applying } = view;
  useEffect(() => {
    if (done === null || total === null) {
      first.current = null;
      setLeft(null);
      return;
    }
    const now: Sample = { at: performance.now(), events: done };
    // Reading in has a rate of its own.
    if (first.current?.total !== total || first.current.applying !== applying) {
      first.current = { total, applying, sample: now };
    }
    setLeft(secondsLeft(first.current.sample, now, total));
  }, [done, total, applying]);
  return left;
}
