/** Evidence: where a figure comes from, why it was matched and what happened to it. */
export { EVIDENCE_TABS, Evidence, type EvidenceTab } from "./Evidence";
