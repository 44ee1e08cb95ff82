/** Documents: importing them, listing them, and what was found in them. */
export { DocumentEvidence } from "./DocumentEvidence";
export { DocumentList } from "./DocumentList";
export { ImportPanel } from "./ImportPanel";
export { LazyTableReview } from "./LazyTableReview";
export { documentsQuery, PAGE, placeOf, tablesQuery } from "./queries";
export { type ImportState, useDragOver, useImport } from "./useImport";
