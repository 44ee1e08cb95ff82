/** What the evidence column asks Rust for. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { backendOf, type LineRef } from "../../ipc";

/** Where a figure comes from. Documents never change, so neither does this; another line's is never shown for it. */
export function sourceQuery(line: LineRef) {
  return queryOptions({
    queryKey: ["source", line.side, line.id],
    queryFn: ({ client }) => backendOf(client).source(line),
    gcTime: 60_000,
  });
}

/** A group in full; the handle makes it fresh after each decision. */
export function groupQuery(view: number, group: number) {
  return queryOptions({
    queryKey: ["group", view, group],
    queryFn: ({ client }) => backendOf(client).group(view, group),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}
