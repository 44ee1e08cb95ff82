/** What the documents view asks Rust for. */
import { queryOptions } from "@tanstack/react-query";
import { backend } from "../../ipc";

/** Rows per page of the list. */
export const PAGE = 100;

/** One page of documents, newest first. */
export function documentsQuery(page: number) {
  return queryOptions({
    queryKey: ["documents", page],
    queryFn: () => backend.listDocuments(page * PAGE, PAGE),
  });
}

/** Findings of a document. */
export function findingsQuery(document: number) {
  return queryOptions({
    queryKey: ["findings", document],
    queryFn: () => backend.listFindings(document),
  });
}

/** On which page a document of the list is, and where on it. */
export function placeOf(index: number): { page: number; row: number } {
  return { page: Math.floor(index / PAGE), row: index % PAGE };
}
