/** The views: the only place that composes features. Settings are fetched apart, by the router. */
export { DocumentsView } from "./DocumentsView";
export { recall, remember } from "./place";
export { ReconcileView } from "./ReconcileView";
export { visitLine } from "./visit";
