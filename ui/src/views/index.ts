/** The views: the only place that composes features. */
export { DocumentsView } from "./DocumentsView";
export { ReconcileView } from "./ReconcileView";
export { SettingsView } from "./SettingsView";
