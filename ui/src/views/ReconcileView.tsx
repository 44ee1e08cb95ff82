/** Reconcile: picks account and month and joins the list with the evidence of what is selected. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { describeCommand, IS_MAC, useSay } from "../commands";
import { Button, Note, Picker } from "../design";
import { Evidence, type EvidenceTab } from "../features/evidence";
import {
  accountsQuery,
  DecisionButtons,
  DecisionForm,
  Equation,
  Filters,
  ledgerChoices,
  MarksBar,
  type OpenReview,
  possible,
  type Range,
  ReviewHeader,
  type ReviewHeaderHandle,
  ReviewList,
  type ReviewListHandle,
  refOf,
  summarise,
  useDecisions,
  useReview,
  useSelection,
  useSums,
} from "../features/review";
import { fractionDigits, useI18n } from "../i18n";
import {
  type AccountView,
  type LineRef,
  type ReviewFilter,
  type ReviewQuery,
  toErrorView,
  useBackend,
} from "../ipc";
import { recall, remember } from "./place";
import { useExport } from "./useExport";
import { useReviewCommands } from "./useReviewCommands";
import { endVisit, useVisit, type Visit } from "./visit";

/** What to do where a stale handle was used: the list is opened again, quietly. */
function isStale(reason: unknown): boolean {
  return toErrorView(reason).code === "decision.stale_view";
}

interface NoLedgerProps {
  account: AccountView;
  onChoose: (number: string) => void;
  onDocuments: () => void;
}

function NoLedger({ account, onChoose, onDocuments }: NoLedgerProps) {
  const { t } = useI18n();
  const choices = ledgerChoices(account);
  return (
    <Note
      title={t("reconcile.noLedgerTitle")}
      actions={
        choices.length === 0 ? (
          <Button kind="primary" onPress={onDocuments}>
            {t("reconcile.toDocuments")}
          </Button>
        ) : (
          <Picker
            label={t("reconcile.ledgerAccount")}
            placeholder={t("reconcile.chooseLedger")}
            choices={choices}
            selected={null}
            onSelect={onChoose}
            testId="ledger-choice"
          />
        )
      }
    >
      {choices.length === 0
        ? t("reconcile.noLedgerYet", { currency: account.currency })
        : t("reconcile.noLedgerText", { name: account.name })}
    </Note>
  );
}

interface NothingProps {
  query: ReviewQuery;
  onClear: () => void;
  onAll: () => void;
}

function Nothing({ query, onClear, onAll }: NothingProps) {
  const { t } = useI18n();
  if (query.search !== "") {
    return (
      <Note
        title={t("reconcile.nothingFound", { search: query.search })}
        actions={
          <Button onPress={onClear} keyCap={t("key.escape")}>
            {t("reconcile.clearSearch")}
          </Button>
        }
      >
        {t("reconcile.nothingFoundText")}
      </Note>
    );
  }
  return (
    <Note
      title={t("reconcile.nothingHere")}
      actions={query.filter === "all" ? undefined : <Button onPress={onAll}>{t("reconcile.showAll")}</Button>}
    >
      {t(`reconcile.nothing.${query.filter}`)}
    </Note>
  );
}

/** The line whose source the evidence column shows. */
function sourceLine(
  review: OpenReview | undefined,
  index: number | undefined,
  focus: "bank" | "ledger" | undefined,
): LineRef | null {
  const line = index === undefined ? undefined : review?.pages.line(index);
  if (line === undefined || focus === undefined) {
    return null;
  }
  return refOf(line, focus) ?? refOf(line, focus === "bank" ? "ledger" : "bank");
}

interface AccountProps {
  accounts: AccountView[];
  account: AccountView;
  /** The line that is to be commented on. */
  visit: Visit | null;
  onAccount: (id: number) => void;
  onDocuments: () => void;
}

/** What finds a line: its amount, as it is searched. */
function searchFor(visit: Visit | null): string {
  return visit === null ? "" : visit.to.amount.replace(/^[+-]/, "");
}

function AccountReview({ accounts, account, visit, onAccount, onDocuments }: AccountProps) {
  const i18n = useI18n();
  const { t, tError } = i18n;
  const client = useQueryClient();
  const backend = useBackend();
  const { company } = backend;
  const say = useSay();
  const place = visit === null ? recall(company) : { month: visit.to.month, filter: "all" as const };
  // The month goes along from account to account. Until the user touches anything it is the newest, also when an
  // import brings newer ones in.
  const [pinned, setMonth] = useState<string | null | undefined>(() =>
    place.month === null || account.months.includes(place.month ?? "") ? place.month : undefined,
  );
  const month = pinned === undefined ? (account.months[0] ?? null) : pinned;
  const pin = () => {
    if (pinned === undefined) {
      setMonth(month);
      onAccount(account.id);
    }
  };
  const [filter, setFilter] = useState<ReviewFilter>(place.filter ?? "all");
  const [search, setSearch] = useState(() => searchFor(visit));
  const [tab, setTab] = useState<EvidenceTab>("source");
  const [chosen, setChosen] = useState<{ line: LineRef; at: string } | null>(null);
  const list = useRef<ReviewListHandle>(null);
  const header = useRef<ReviewHeaderHandle>(null);
  const focusList = useCallback(() => list.current?.focus(), []);

  useEffect(() => {
    if (pinned !== undefined) {
      remember(company, { account: account.id, month: pinned, filter });
    }
  }, [company, account.id, pinned, filter]);

  const query = useMemo<ReviewQuery | null>(
    () =>
      account.ledgerAccount === null ? null : { account: account.id, month, search: search.trim(), filter },
    [account.id, account.ledgerAccount, month, search, filter],
  );
  const placeNow = useCallback((): Range => list.current?.place() ?? { start: 0, end: 0 }, []);
  const opened = useReview(query, placeNow);
  const review = query === null ? undefined : opened.data;
  const { refetch } = opened;

  const tooMany = useCallback(
    (lines: number) => say(t("message.tooManyLines", { count: lines }), { tone: "wrong" }),
    [say, t],
  );
  const selection = useSelection(review, tooMany);
  const { cursor, subject } = selection;
  const summary = useMemo(() => summarise(subject), [subject]);
  const can = useMemo(() => possible(subject), [subject]);
  const sums = useSums(summary.refs);
  const digits = fractionDigits(account.currency);

  // Another place shows its own source, not the one chosen from a former group.
  const at = [review?.view.view, cursor?.index, cursor?.focus].join(" ");
  const chooseLine = useCallback((line: LineRef) => setChosen({ line, at }), [at]);
  const line = useMemo(() => {
    void subject; // Its lines may arrive after the cursor.
    return chosen?.at === at ? chosen.line : sourceLine(review, cursor?.index, cursor?.focus);
  }, [chosen, at, review, cursor, subject]);
  const refresh = useCallback(async () => (await refetch({ throwOnError: true })).data, [refetch]);
  const decisions = useDecisions({
    selection,
    summary,
    shown: line,
    refresh,
    onSettled: focusList,
    onChanged: useCallback(() => {
      void client.invalidateQueries({ queryKey: ["accounts"] });
      void client.invalidateQueries({ queryKey: ["status"] });
    }, [client]),
  });
  const { busy, setForm } = decisions;
  useEffect(() => {
    if (visit !== null) {
      setForm({ kind: "comment", line: visit.to.line });
      endVisit();
    }
  }, [visit, setForm]);
  const onError = useCallback(
    (reason: unknown) => {
      if (isStale(reason)) {
        // While a decision is on its way the fresh list comes by itself.
        if (!busy) {
          void refetch();
        }
      } else {
        say(tError(toErrorView(reason)), { tone: "wrong" });
      }
    },
    [busy, refetch, say, tError],
  );

  const { exporting, runExport } = useExport(account.id, month);
  useReviewCommands({
    account,
    accounts,
    review,
    selection,
    decisions,
    can,
    sums,
    digits,
    onAccount,
    onMonth: setMonth,
    onFilter: setFilter,
    onSearch: () => header.current?.focusSearch(),
    onList: focusList,
    onReasons: () => setTab((old) => (old === "reasons" ? "source" : "reasons")),
    onExport: runExport,
    onAcceptSafe: () => {
      // What is accepted must be what is seen: the whole month's proposals, not those of a search.
      setSearch("");
      setFilter("suggested");
      decisions.acceptSafe();
    },
  });

  const chooseLedger = useCallback(
    (number: string) => {
      backend
        .setLedgerAccount(account.id, number)
        .then((next) => {
          client.setQueryData(accountsQuery.queryKey, next);
          void client.invalidateQueries({ queryKey: ["review"] });
        })
        .catch((reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" }));
    },
    [backend, account.id, client, say, tError],
  );

  const group =
    cursor === null || review === undefined ? null : (review.pages.line(cursor.index)?.group ?? null);
  const cancelForm = () => {
    decisions.setForm(null);
    list.current?.focus();
  };
  return (
    <>
      <main
        className="work"
        data-testid="view-reconcile"
        aria-label={t("reconcile.title")}
        onKeyDownCapture={pin}
        onPointerDownCapture={pin}
      >
        <h1 className="visually-hidden">{t("reconcile.title")}</h1>
        <ReviewHeader
          ref={header}
          accounts={accounts}
          account={account}
          month={month}
          search={search}
          exportKey={describeCommand("export", IS_MAC, t)}
          exporting={exporting}
          onAccount={onAccount}
          onMonth={setMonth}
          onLedgerAccount={chooseLedger}
          onSearch={setSearch}
          onLeaveSearch={focusList}
          onExport={runExport}
        />
        {query === null ? (
          <NoLedger account={account} onChoose={chooseLedger} onDocuments={onDocuments} />
        ) : opened.isError ? (
          <Note
            tone="wrong"
            title={t("error.title")}
            actions={<Button onPress={() => void refetch()}>{t("error.retry")}</Button>}
          >
            {tError(toErrorView(opened.error))}
          </Note>
        ) : review === undefined ? (
          <div className="review-loading" aria-busy="true" aria-label={t("reconcile.opening")} />
        ) : (
          <>
            <Equation view={review.view} />
            <Filters filter={filter} onFilter={setFilter} findings={account.findings} />
            {review.view.lines === 0 ? (
              <Nothing query={review.query} onClear={() => setSearch("")} onAll={() => setFilter("all")} />
            ) : (
              <ReviewList ref={list} review={review} selection={selection} onError={onError} />
            )}
            {subject.marked ? (
              <MarksBar
                summary={summary}
                sums={sums}
                digits={digits}
                matchKey={describeCommand("match", IS_MAC, t)}
                onMatch={decisions.match}
                onClear={() => {
                  selection.clearMarks();
                  list.current?.focus();
                }}
              />
            ) : null}
          </>
        )}
      </main>
      <aside className="evidence" aria-label={t("evidence.label")}>
        <Evidence
          view={review?.view.view ?? 0}
          group={group}
          line={decisions.form?.kind === "comment" ? decisions.form.line : line}
          digits={digits}
          tab={tab}
          onTab={setTab}
          onLine={chooseLine}
        />
        {/* Buttons or the form of a decision, always in sight at the foot. */}
        <div className="evidence-foot">
          {review === undefined ? null : decisions.form === null ? (
            <DecisionButtons possible={can} decisions={decisions} marked={subject.marked} />
          ) : (
            <DecisionForm
              form={decisions.form}
              review={review}
              busy={busy}
              digits={digits}
              onDecide={(requests, done, params) => void decisions.decide(requests, done, params)}
              onCancel={cancelForm}
            />
          )}
        </div>
      </aside>
    </>
  );
}

/** The reconciliation of the account that was looked at last. */
export function ReconcileView({ onDocuments }: { onDocuments: () => void }) {
  const { t, tError } = useI18n();
  const accounts = useQuery(accountsQuery);
  const { company } = useBackend();
  const [chosen, setChosen] = useState<number | null>(() => recall(company).account ?? null);
  const wish = useVisit(company);
  const [visit, setVisit] = useState<Visit | null>(null);
  if (wish !== null && wish !== visit) {
    setVisit(wish);
    setChosen(wish.to.account);
  }
  const account = accounts.data?.find((one) => one.id === chosen) ?? accounts.data?.[0];
  if (accounts.data !== undefined && account !== undefined) {
    return (
      <AccountReview
        key={`${account.id} ${visit?.number ?? 0}`}
        accounts={accounts.data}
        account={account}
        visit={wish}
        onAccount={setChosen}
        onDocuments={onDocuments}
      />
    );
  }
  return (
    <>
      <main
        className="work"
        data-testid="view-reconcile"
        aria-label={t("reconcile.title")}
        aria-busy={accounts.isPending}
      >
        {accounts.isError ? (
          <Note
            tone="wrong"
            title={t("error.title")}
            actions={<Button onPress={() => void accounts.refetch()}>{t("error.retry")}</Button>}
          >
            {tError(toErrorView(accounts.error))}
          </Note>
        ) : accounts.isPending ? null : (
          <Note
            title={t("reconcile.emptyTitle")}
            actions={
              <Button kind="primary" onPress={onDocuments}>
                {t("reconcile.toDocuments")}
              </Button>
            }
          >
            {t("reconcile.emptyText")}
          </Note>
        )}
      </main>
      <aside className="evidence" aria-label={t("evidence.label")}>
        <p className="evidence-empty">{t("evidence.empty")}</p>
      </aside>
    </>
  );
}
