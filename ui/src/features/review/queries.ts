/** What the reconciliation asks Rust for. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { backend, type ReviewQuery, type ReviewView } from "../../ipc";
import { LinePages } from "./pages";
import type { Range } from "./window";

/** Bank accounts with their months. */
export const accountsQuery = queryOptions({ queryKey: ["accounts"], queryFn: () => backend.listAccounts() });

/** A review with the lines that will be seen first, so that it appears whole. */
export interface OpenReview {
  /** Names the question: account, month, search and filter. */
  key: string;
  query: ReviewQuery;
  view: ReviewView;
  pages: LinePages;
}

/** Lines fetched together with a review. */
const FIRST_LINES: Range = { start: 0, end: 100 };

/**
 * Opens the review a query asks for. While a new one is on its way the former stays; when only a decision was
 * made, the lines around the place the user is at come with it.
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
      queryFn: async (): Promise<OpenReview> => {
        const asked = query ?? { account: -1, month: null, search: "", filter: "all" as const };
        const view = await backend.openReview(asked);
        const pages = new LinePages(view.view, view.lines, (lines) => backend.reviewLines(lines));
        await pages.ensure(shown.current === key ? place() : FIRST_LINES);
        return { key, query: asked, view, pages };
      },
    }),
  );
  shown.current = result.data?.key ?? "";
  return result;
}
