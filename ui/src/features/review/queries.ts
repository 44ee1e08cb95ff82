/** What the reconciliation asks Rust for. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { backendOf, type ReviewQuery, type ReviewView } from "../../ipc";
import { LinePages, PAGE } from "./pages";
import { pagesOf, type Range } from "./window";

/** Bank accounts with their months. */
export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: ({ client }) => backendOf(client).listAccounts(),
});

/** A review with the lines that will be seen first, so that it appears whole. */
export interface OpenReview {
  /** Names the question: account, month, search and filter. */
  key: string;
  query: ReviewQuery;
  view: ReviewView;
  pages: LinePages;
}

/** Whole pages around a range. */
function whole(range: Range): Range {
  const pages = pagesOf(range, PAGE);
  return { start: (pages[0] ?? 0) * PAGE, end: ((pages.at(-1) ?? 0) + 1) * PAGE };
}

/**
 * Opens the review a query asks for, with the lines that will be seen. While a new one is on its way the former
 * stays; when only a decision was made, the lines around the place the user is at come with it.
 */
export function useReview(query: ReviewQuery | null, place: () => Range) {
  const shown = useRef("");
  const key = JSON.stringify(query);
  const result = useQuery(
    queryOptions({
      queryKey: ["review", key],
      enabled: query !== null && query.account >= 0,
      // Handles go stale with the next review, so nothing old is ever shown again from the cache.
      gcTime: 0,
      staleTime: Number.POSITIVE_INFINITY,
      structuralSharing: false,
      placeholderData: keepPreviousData,
      queryFn: async ({ client }): Promise<OpenReview> => {
        const backend = backendOf(client);
        const asked = query ?? { account: -1, month: null, search: "", filter: "all" as const };
        const { start, end } = place();
        const seen = shown.current === key ? { start, end } : { start: 0, end: end - start };
        const first = whole(seen);
        const { review: view, lines } = await backend.openReview(asked, first.start, first.end);
        const pages = new LinePages(view.view, view.lines, (part) => backend.reviewLines(part));
        pages.keep(first.start, lines);
        await pages.ensure(seen);
        return { key, query: asked, view, pages };
      },
    }),
  );
  shown.current = result.data?.key ?? "";
  return result;
}
