/** The reconciliation: the list, its selection, and decisions about it. */
export { type Possible, possible, type Summary, summarise } from "./actions";
export { type CopyHeaders, clipboardGrid, copyGrid } from "./clipboard";
export { DecisionButtons } from "./DecisionButtons";
export { Equation } from "./Equation";
export { FILTERS, Filters } from "./Filters";
export { DecisionForm } from "./LazyDecisionForm";
export { refOf } from "./lines";
export { MarksBar } from "./MarksBar";
export { accountsQuery, type OpenReview, useReview } from "./queries";
export { ledgerChoices, ReviewHeader, type ReviewHeaderHandle } from "./ReviewHeader";
export { ReviewList, type ReviewListHandle } from "./ReviewList";
export { middleText } from "./ReviewRow";
export { type Decisions, useDecisions } from "./useDecisions";
export { type Selection, useSelection } from "./useSelection";
export { useSums } from "./useSums";
export type { Range } from "./window";
