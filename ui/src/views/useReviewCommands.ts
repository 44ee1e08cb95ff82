/** Offers the reconciliation's commands to keys, palette and status bar. */
import { type Command, type CommandId, type Destination, useCommands, useInform, useSay } from "../commands";
import {
  type CopyHeaders,
  clipboardGrid,
  copyGrid,
  type Decisions,
  FILTERS,
  middleText,
  type OpenReview,
  type Possible,
  type Selection,
} from "../features/review";
import { type Translator, useI18n } from "../i18n";
import type { AccountView, ReviewFilter, SelectionView, UndoView } from "../ipc";

interface Options {
  account: AccountView;
  accounts: AccountView[];
  review: OpenReview | undefined;
  selection: Selection;
  decisions: Decisions;
  can: Possible;
  sums: SelectionView | null;
  digits: number;
  onAccount: (id: number) => void;
  onMonth: (month: string | null) => void;
  onFilter: (filter: ReviewFilter) => void;
  onSearch: () => void;
  /** Puts the keyboard back into the list. */
  onList: () => void;
  onReasons: () => void;
  onExport: () => void;
  onAcceptSafe: () => void;
}

const FILTER_COMMANDS: Record<ReviewFilter, CommandId> = {
  all: "filterAll",
  needs: "filterNeeds",
  suggested: "filterSuggested",
  held: "filterHeld",
  confirmed: "filterConfirmed",
};

/** Names a step of undo or redo in the user's words. */
function stepText(step: UndoView, { t, tMaybe }: Translator): string {
  const what =
    tMaybe(`undo.${step.action}`, { subject: step.subject }) ?? t("undo.other", { subject: step.subject });
  return step.lines > 2 ? t("undo.more", { what, count: step.lines - 1 }) : what;
}

/** Count and sums of the selection, with only the sides it has. */
function sumText(
  sums: SelectionView,
  selection: Selection,
  digits: number,
  { t, amount }: Translator,
): string {
  const sides = new Set(
    selection.subject.parts.flatMap((part) => part.sides.filter((side) => part.line[side] !== null)),
  );
  const count = t("status.selected", { count: sums.count });
  const parts =
    sides.size === 2
      ? [
          t("status.bankSum", { amount: amount(sums.bank, digits) }),
          t("status.ledgerSum", { amount: amount(sums.ledger, digits) }),
        ]
      : [t("status.sum", { amount: amount(sides.has("ledger") ? sums.ledger : sums.bank, digits) })];
  return [count, ...parts].join(" \u00b7 ");
}

function useCopy({ selection }: Options): () => void {
  const i18n = useI18n();
  const say = useSay();
  const { t, language } = i18n;
  return () => {
    const rows = selection.subject.parts.map(({ line, sides }) => ({ line, sides }));
    const headers: CopyHeaders = [
      t("column.booked"),
      t("column.bank"),
      t("column.reference"),
      t("column.bankAmount"),
      t("column.state"),
      t("column.date"),
      t("column.voucher"),
      t("column.ledger"),
      t("column.ledgerAmount"),
    ];
    const taken = copyGrid(clipboardGrid(rows, headers, (line) => middleText(line, i18n), language));
    if (taken) {
      say(t("message.copied", { count: rows.length }));
    } else {
      say(t("message.copyFailed"), { tone: "wrong" });
    }
  };
}

/** The commands of the reconciliation. */
export function useReviewCommands(options: Options): void {
  const { account, accounts, review, selection, decisions, can, sums, digits } = options;
  const i18n = useI18n();
  const { month } = i18n;
  const free = review !== undefined && !decisions.busy && decisions.form === null;
  const some = selection.subject.parts.length > 0;
  const copy = useCopy(options);
  const asking = decisions.form !== null;
  const decision = (id: keyof Possible & CommandId, hint = true): Command => ({
    id,
    enabled: free && can[id],
    hint: hint && can[id] && !asking,
    run: decisions[id],
  });
  const { marked } = selection.subject;
  const commands: Command[] = [
    decision("accept"),
    decision("reject"),
    decision("match"),
    decision("unmatch"),
    decision("hold"),
    decision("release"),
    decision("writeOff", !can.accept),
    decision("comment", can.unmatch),
    {
      id: "mark",
      enabled: free && some,
      hint: marked && !asking,
      run: () => {
        const { cursor } = selection;
        const line = cursor === null ? undefined : review?.pages.line(cursor.index);
        if (cursor === null || line === undefined || review === undefined) {
          return;
        }
        const range = cursor.side === null ? selection.group : { start: cursor.index, end: cursor.index + 1 };
        const lines = Array.from({ length: range.end - range.start }, (_, at) =>
          review.pages.line(range.start + at),
        );
        selection.toggle(
          lines
            .filter((one) => one !== undefined)
            .map((one) => ({ line: one, sides: cursor.side === null ? ["bank", "ledger"] : [cursor.side] })),
        );
      },
    },
    {
      id: "clearMarks",
      enabled: free,
      run: () => {
        selection.clearMarks();
        if (selection.cursor !== null) {
          selection.setCursor({ ...selection.cursor, side: null });
        }
        options.onList();
      },
    },
    { id: "reasons", enabled: free && some, hint: some && !marked && !asking, run: options.onReasons },
    { id: "acceptSafe", enabled: free, run: options.onAcceptSafe },
    { id: "search", enabled: free, run: options.onSearch },
    { id: "undo", enabled: free && review?.view.undo !== null, run: decisions.undo },
    { id: "redo", enabled: free && review?.view.redo !== null, run: decisions.redo },
    { id: "copy", enabled: some, run: copy },
    { id: "markSection", enabled: free && some, run: () => void selection.markSection() },
    { id: "export", enabled: free, run: options.onExport },
    ...FILTERS.map(
      (filter): Command => ({
        id: FILTER_COMMANDS[filter],
        enabled: free,
        run: () => options.onFilter(filter),
      }),
    ),
  ];
  const destinations: Destination[] = [
    ...accounts.map(
      (one): Destination => ({
        id: `account-${one.id}`,
        group: "accounts",
        label: one.name,
        detail: one.number,
        run: () => options.onAccount(one.id),
      }),
    ),
    ...account.months.map(
      (one): Destination => ({
        id: `month-${one}`,
        group: "months",
        label: month(one),
        detail: account.name,
        run: () => options.onMonth(one),
      }),
    ),
  ];
  useCommands("review", commands, destinations);
  useInform({
    selection: sums === null ? null : sumText(sums, selection, digits, i18n),
    undo:
      review === undefined || review.view.undo === null
        ? null
        : i18n.t("status.undo", { what: stepText(review.view.undo, i18n) }),
  });
}
