/** What the documents view asks Rust for. */
import { queryOptions } from "@tanstack/react-query";
import { backend, type TableMapping } from "../../ipc";

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

/** The tables whose columns wait for a person. */
export const tablesQuery = queryOptions({
  queryKey: ["tables"],
  queryFn: () => backend.listTables(),
});

/** A waiting table as a mapping reads it; `null` stands for the suggested one. */
export function previewQuery(table: number, mapping: TableMapping | null) {
  return queryOptions({
    queryKey: ["table", table, mapping],
    queryFn: () => backend.previewTable(table, mapping),
    // Figures of a file that is not imported are kept no longer than they are looked at.
    gcTime: 0,
  });
}

/** On which page a document of the list is, and where on it. */
export function placeOf(index: number): { page: number; row: number } {
  return { page: Math.floor(index / PAGE), row: index % PAGE };
}
