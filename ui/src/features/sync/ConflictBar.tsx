/** What was decided here and not taken over: a line over the work, and the list with the choice behind it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { describeCommand, IS_MAC, useSay } from "../../commands";
import { Button } from "../../design";
import { fractionDigits, useI18n } from "../../i18n";
import { type ConflictLine, type ConflictView, toErrorView, useBackend } from "../../ipc";
import { conflictsQuery } from "./queries";
import { askLine, decidedWords, wayWords } from "./words";

/** Lines named of one decision. */
const LINES_NAMED = 3;

interface Props {
  open: boolean;
  onOpen: (open: boolean) => void;
  /** The last one was looked at. */
  onDone: () => void;
  /** Opens a line with the field for a comment. */
  onAsk: (line: ConflictLine) => void;
}

function Subject({ conflict }: { conflict: ConflictView }) {
  const { t, amount, day } = useI18n();
  const rest = conflict.lines.length - LINES_NAMED;
  return (
    <ul className="conflict-lines">
      {conflict.lines.slice(0, LINES_NAMED).map((one) => (
        <li key={`${one.line.side} ${one.line.id}`}>
          <span className="conflict-day">{one.day === null ? null : day(one.day)}</span>
          <span className="conflict-text">{one.text}</span>
          <span className="conflict-amount">
            {amount(one.amount, fractionDigits(one.currency))} {one.currency}
          </span>
        </li>
      ))}
      {rest > 0 ? <li className="conflict-more">{t("conflict.more", { count: rest })}</li> : null}
    </ul>
  );
}

function Conflict({
  conflict,
  first,
  onAsk,
}: {
  conflict: ConflictView;
  first: boolean;
  onAsk: (line: ConflictLine) => void;
}) {
  const i18n = useI18n();
  const { t, tError } = i18n;
  const client = useQueryClient();
  const backend = useBackend();
  const say = useSay();
  const [busy, setBusy] = useState(false);
  const ask = askLine(conflict);
  const keep = async () => {
    setBusy(true);
    try {
      client.setQueryData(conflictsQuery.queryKey, await backend.dismissConflict(conflict.key));
      say(t("conflict.kept"));
    } catch (reason) {
      say(tError(toErrorView(reason)), { tone: "wrong" });
      setBusy(false);
    }
  };
  return (
    <li className="conflict" data-testid="conflict" data-code={conflict.code}>
      <div className="conflict-words">
        <p className="conflict-you">{decidedWords(conflict, i18n)}</p>
        <Subject conflict={conflict} />
        <p className="conflict-way">{wayWords(conflict, i18n)}</p>
      </div>
      <div className="conflict-choice">
        <Button onPress={() => void keep()} isDisabled={busy} autoFocus={first} testId="conflict-keep">
          {t(conflict.action === null ? "conflict.seen" : "conflict.keep")}
        </Button>
        {ask === null ? null : (
          <Button onPress={() => onAsk(ask)} testId="conflict-ask">
            {t("conflict.ask")}
          </Button>
        )}
      </div>
    </li>
  );
}

/** Stands over the work while there is something that was not taken over. */
export function ConflictBar({ open, onOpen, onDone, onAsk }: Props) {
  const { t } = useI18n();
  const conflicts = useQuery(conflictsQuery).data ?? [];
  const shown = useRef(0);
  useEffect(() => {
    if (shown.current > 0 && conflicts.length === 0) {
      onDone();
    }
    shown.current = conflicts.length;
  }, [conflicts.length, onDone]);
  if (conflicts.length === 0) {
    return null;
  }
  return (
    <section className="conflicts" data-testid="conflicts" aria-label={t("conflict.list")}>
      <div className="conflicts-head">
        <p className="conflicts-title" role="status">
          {t("conflict.banner", { count: conflicts.length })}
        </p>
        <Button
          keyCap={describeCommand("conflicts", IS_MAC, t)}
          onPress={() => onOpen(!open)}
          aria-expanded={open}
          testId="conflicts-show"
        >
          {t(open ? "conflict.hide" : "conflict.show")}
        </Button>
      </div>
      {open ? (
        <ul className="conflicts-list">
          {conflicts.map((conflict, at) => (
            <Conflict key={conflict.key} conflict={conflict} first={at === 0} onAsk={onAsk} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}
