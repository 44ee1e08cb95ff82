/** What the documents view asks Rust for. */
import { queryOptions } from "@tanstack/react-query";
import { backendOf, type TableMapping } from "../../ipc";

/** Rows per page of the list. */
export const PAGE = 100;

/** One page of documents, newest first. */
export function documentsQuery(page: number) {
  return queryOptions({
    queryKey: ["documents", page],
    queryFn: ({ client }) => backendOf(client).listDocuments(page * PAGE, PAGE),
  });
}

/** Findings of a document. */
export function findingsQuery(document: number) {
  return queryOptions({
    queryKey: ["findings", document],
    queryFn: ({ client }) => backendOf(client).listFindings(document),
  });
}

/** The tables whose columns wait for a person. */
export const tablesQuery = queryOptions({
  queryKey: ["tables"],
  queryFn: ({ client }) => backendOf(client).listTables(),
});

/** A waiting table as a mapping reads it; `null` stands for the suggested one. */
export function previewQuery(table: number, mapping: TableMapping | null) {
  return queryOptions({
    queryKey: ["table", table, mapping],
    queryFn: ({ client }) => backendOf(client).previewTable(table, mapping),
    // Figures of a file that is not imported are kept no longer than they are looked at.
    gcTime: 0,
  });
}

/** On which page a document of the list is, and where on it. */
export function placeOf(index: number): { page: number; row: number } {
  return { page: Math.floor(index / PAGE), row: index % PAGE };
}
