/**
 * Whose answers a query client holds: each company has a client of its own, which knows its backend.
 *
 * Invariant: what is asked through a client is asked of its company, also when another is shown by then; so an answer
 * can reach no cache but that of the company it is about.
 */
import { QueryCache, QueryClient, useQueryClient } from "@tanstack/react-query";
import type { Backend } from "./backend";
import { toErrorView } from "./error";

const backends = new WeakMap<QueryClient, Backend>();

/** A client for one company. Rust is on this machine: nothing is retried, nothing goes stale by time. */
export function makeClient(backend: Backend): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (reason) => {
        // A query that finds the workspace locked knows more than the status that was last heard of.
        if (toErrorView(reason).code === "workspace.locked") {
          void client.invalidateQueries({ queryKey: ["status"] });
        }
      },
    }),
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
      },
    },
  });
  backends.set(client, backend);
  return client;
}

/** The company is no longer shown: nothing is waited for, and what it showed is asked for anew when it comes back. */
export function leaveClient(client: QueryClient): void {
  void client.cancelQueries();
  void client.invalidateQueries({ refetchType: "none" });
}

/** The backend of the company whose answers a client holds. */
export function backendOf(client: QueryClient): Backend {
  const backend = backends.get(client);
  if (backend === undefined) {
    throw new Error("a query client of no company");
  }
  return backend;
}

/** The backend of the company that the calling component shows. */
export function useBackend(): Backend {
  return backendOf(useQueryClient());
}
