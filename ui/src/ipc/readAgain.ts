/** Reads again what Rust has changed. */
import type { QueryClient } from "@tanstack/react-query";

/**
 * Marks queries as stale. A first fetch that is under way is begun anew: it may have read what was before, and marking
 * it would change nothing.
 */
export async function readAgain(client: QueryClient, keys: readonly string[]): Promise<void> {
  const read = async (key: string) => {
    await client.cancelQueries({ queryKey: [key], predicate: (query) => query.state.data === undefined });
    await client.invalidateQueries({ queryKey: [key] });
  };
  await Promise.all(keys.map(read));
}
