/** Makes decisions: sends them, takes the fresh review in, and keeps the user's place. */
import { useCallback, useRef, useState } from "react";
import { useSay } from "../../commands";
import { type Key, type Params, useI18n } from "../../i18n";
import { type DecisionRequest, type LineRef, toErrorView, useBackend } from "../../ipc";
import { askWhy, matchStep, type Question, type Summary } from "./actions";
import { usePreloadedForms } from "./LazyDecisionForm";
import type { OpenReview } from "./queries";
import type { Selection } from "./useSelection";

/** The form that stands in the evidence column while a decision needs more than a key. */
export type Form =
  | { kind: "hold"; refs: LineRef[] }
  | { kind: "comment"; line: LineRef }
  | { kind: "match"; refs: LineRef[]; difference: string }
  | ({ kind: "accept" } & Question)
  | { kind: "unmatch"; group: number }
  | { kind: "writeOff"; refs: LineRef[]; amount: string }
  | { kind: "acceptSafe" };

interface Options {
  selection: Selection;
  summary: Summary;
  /** The line whose source is shown; a comment is about it. */
  shown: LineRef | null;
  refresh: () => Promise<OpenReview | undefined>;
  /** After a decision the keyboard is back in the list. */
  onSettled: () => void;
  onChanged: () => void;
}

const ZERO = /^-?0*(?:\.0*)?$/;

/** Decisions about the selection of a review. */
export function useDecisions({ selection, summary, shown, refresh, onSettled, onChanged }: Options) {
  usePreloadedForms();
  const { t, tError } = useI18n();
  const say = useSay();
  const [form, setForm] = useState<Form | null>(null);
  const backend = useBackend();
  const [busy, setBusy] = useState(false);
  const running = useRef(false);

  /** Sends requests in order; stops at the first refusal and says so. */
  const decide = useCallback(
    async (requests: DecisionRequest[], done: Key, params?: (events: number) => Params) => {
      // A key held down must not decide about the next group before its figures are on screen.
      if (running.current) {
        return;
      }
      running.current = true;
      selection.deciding.current = true;
      setBusy(true);
      const place = selection.cursor?.index ?? 0;
      let next: number | null = null;
      let events = 0;
      let at = 0;
      let question: Form | null = null;
      try {
        for (const request of requests) {
          const decided = await backend.decide(request);
          next = decided.next;
          events += decided.events;
          at += 1;
        }
        setForm(null);
        say(t(done, params?.(events)));
      } catch (reason) {
        const asked = askWhy(requests, at, toErrorView(reason));
        question = asked === null ? null : { kind: "accept", ...asked };
        if (question === null) {
          say(tError(toErrorView(reason)), { tone: "wrong" });
        } else {
          // The keyboard goes to the question; where nothing was decided the list stands as it is.
          setForm(question);
          next = question.kind === "accept" ? question.differing : null;
        }
      }
      if (question !== null && events === 0) {
        running.current = false;
        selection.deciding.current = false;
        setBusy(false);
        return;
      }
      try {
        const fresh = await refresh();
        if (fresh !== undefined) {
          await selection.settleOn(fresh, next, place);
        }
        onChanged();
      } catch (reason) {
        say(tError(toErrorView(reason)), { tone: "wrong" });
      } finally {
        running.current = false;
        selection.deciding.current = false;
        setBusy(false);
        if (question === null) {
          onSettled();
        }
      }
    },
    [backend, selection, refresh, say, t, tError, onSettled, onChanged],
  );

  const { refs, groups } = summary;
  const match = async () => {
    const step = matchStep(selection.subject);
    if (step.step === "mark") {
      if (!selection.subject.marked) {
        selection.toggle(selection.subject.parts.map(({ line }) => ({ line, sides: [step.side] })));
      }
      say(t("message.markBothSides"));
      return;
    }
    const { difference } = await backend.selection(refs);
    if (ZERO.test(difference)) {
      await decide([{ kind: "match", lines: refs, differenceReason: null }], "message.matched");
    } else {
      setForm({ kind: "match", refs, difference });
    }
  };

  const writeOff = async () => {
    const sums = await backend.selection(refs);
    setForm({ kind: "writeOff", refs, amount: summary.bank > 0 ? sums.bank : sums.ledger });
  };

  const failing = (work: Promise<void>) => {
    work.catch((reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" }));
  };

  return {
    form,
    setForm,
    busy,
    decide,
    accept: () =>
      void decide(
        groups.map((group) => ({ kind: "accept", group, differenceReason: null })),
        "message.accepted",
        () => ({
          count: groups.length,
        }),
      ),
    reject: () =>
      void decide(
        groups.map((group) => ({ kind: "reject", group })),
        "message.rejected",
        () => ({
          count: groups.length,
        }),
      ),
    match: () => failing(match()),
    writeOff: () => failing(writeOff()),
    hold: () => setForm({ kind: "hold", refs }),
    release: () => void decide([{ kind: "release", lines: refs }], "message.released"),
    unmatch: () => {
      const [group] = groups;
      if (group !== undefined) {
        setForm({ kind: "unmatch", group });
      }
    },
    comment: () => {
      if (shown !== null) {
        setForm({ kind: "comment", line: shown });
      }
    },
    acceptSafe: () => {
      setForm({ kind: "acceptSafe" });
    },
    undo: () => void decide([{ kind: "undo" }], "message.undone"),
    redo: () => void decide([{ kind: "redo" }], "message.redone"),
  };
}

/** What `useDecisions` gives. */
export type Decisions = ReturnType<typeof useDecisions>;
