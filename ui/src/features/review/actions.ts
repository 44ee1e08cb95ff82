/** What can be decided about a selection. Pure: the same rules enable keys, buttons and palette. */
import type { DecisionRequest, ErrorView, LineRef, ReviewLine, SectionKind, SideView } from "../../ipc";
import { refsOf } from "./lines";

/** What the next decision would be about. */
export interface Subject {
  /** Whether lines were marked; else it is the cursor's group or cell. */
  marked: boolean;
  /** Whether all lines come from the review that is open now; group ids of a former one mean nothing any more. */
  fresh: boolean;
  /** Display lines concerned, each with the sides that count. */
  parts: readonly { line: ReviewLine; sides: readonly SideView[] }[];
}

/** A subject worked out. */
export interface Summary {
  refs: LineRef[];
  bank: number;
  ledger: number;
  groups: number[];
  sections: SectionKind[];
  /** Text that names it in a form. */
  name: string;
}

/** Names, sides, groups and sections of a subject. */
export function summarise(subject: Subject): Summary {
  const refs = subject.parts.flatMap(({ line, sides }) => sides.flatMap((side) => refsOf(line, side)));
  const first = subject.parts[0]?.line;
  return {
    refs,
    bank: refs.filter((ref) => ref.side === "bank").length,
    ledger: refs.filter((ref) => ref.side === "ledger").length,
    groups: [...new Set(subject.parts.map(({ line }) => line.group))],
    sections: [...new Set(subject.parts.map(({ line }) => line.section))],
    name: first?.bank?.party ?? first?.ledger?.text ?? "",
  };
}

/** Decisions about a selection. */
export interface Possible {
  accept: boolean;
  reject: boolean;
  match: boolean;
  unmatch: boolean;
  hold: boolean;
  release: boolean;
  comment: boolean;
  writeOff: boolean;
}

/** Which decisions are possible. */
export function possible(subject: Subject): Possible {
  const { refs, bank, ledger, groups, sections } = summarise(subject);
  const only = (section: SectionKind) => sections.length === 1 && sections[0] === section;
  const any = refs.length > 0;
  const undecided = any && !sections.includes("confirmed");
  return {
    accept: any && subject.fresh && only("suggested"),
    reject: any && subject.fresh && only("suggested"),
    match: undecided,
    unmatch: any && subject.fresh && only("confirmed") && groups.length === 1,
    hold: undecided && !only("held"),
    release: any && only("held"),
    comment: any,
    writeOff: undecided && (bank === 0) !== (ledger === 0),
  };
}

/** What the key for matching by hand does next. */
export type MatchStep = { step: "match" } | { step: "mark"; side: SideView };

/**
 * Marked lines of both sides are matched. Without marks a lone pair that the engine would not take is matched as
 * it stands; anything else begins by marking the bank's side, or the ledger's where the bank has none.
 */
export function matchStep(subject: Subject): MatchStep {
  const { bank, ledger, sections } = summarise(subject);
  const pair = bank === 1 && ledger === 1 && !sections.includes("suggested");
  if (bank > 0 && ledger > 0 && (subject.marked || pair)) {
    return { step: "match" };
  }
  return { step: "mark", side: bank > 0 ? "bank" : "ledger" };
}

/** A proposal whose sides differ, and those that are to be accepted after it. */
export interface Question {
  differing: number;
  difference: string;
  others: number[];
}

/** What has to be asked where a request was refused because the sides of a proposal differ. */
export function askWhy(
  requests: readonly DecisionRequest[],
  refused: number,
  { code, params }: ErrorView,
): Question | null {
  const request = requests[refused];
  if (code !== "decision.unexplained_difference" || request?.kind !== "accept") {
    return null;
  }
  const others = requests
    .slice(refused + 1)
    .flatMap((other) => (other.kind === "accept" ? [other.group] : []));
  return { differing: request.group, difference: params.difference ?? "", others };
}
