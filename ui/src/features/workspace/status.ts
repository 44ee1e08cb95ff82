/** The workspace's state: one query that events and commands write into. */
import { type QueryClient, queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { backendOf, office, type StatusView, useBackend } from "../../ipc";

/** The state of the whole. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ client }) => backendOf(client).status(),
});

/**
 * Takes a new state in. As soon as the workspace is not open, every cached figure is dropped: the lock screen
 * must have nothing behind it.
 */
export function takeStatus(client: QueryClient, status: StatusView): void {
  if (status.workspace !== "open") {
    // Not `clear()`: the window itself watches the status, and a watcher of a removed query hears nothing more.
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "status" });
    client.getMutationCache().clear();
  }
  client.setQueryData(statusQuery.queryKey, status);
}

/** Keeps the state fresh through the shell's event. */
export function useWorkspaceEvents(): void {
  const client = useQueryClient();
  const backend = useBackend();
  useEffect(() => backend.onWorkspaceChanged((status) => takeStatus(client, status)), [client, backend]);
}

/** The shell counts idle time; telling it more often than this would only cost. */
const TOUCH_EVERY_MS = 15_000;

/** Tells the shell that somebody is there, so that it does not lock while they work. */
export function useActivity(active: boolean): void {
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    let last = 0;
    const touch = () => {
      const now = performance.now();
      if (last === 0 || now - last >= TOUCH_EVERY_MS) {
        last = now;
        office.touch().catch(() => undefined);
      }
    };
    const events = ["keydown", "pointerdown", "pointermove", "wheel"] as const;
    for (const event of events) {
      window.addEventListener(event, touch, { passive: true, capture: true });
    }
    return () => {
      for (const event of events) {
        window.removeEventListener(event, touch, { capture: true });
      }
    };
  }, [active]);
}
