/** Forms in the evidence column for decisions that need a day, a reason or words. Enter confirms, Esc leaves. */
import { type CalendarDate, endOfMonth, getLocalTimeZone, today } from "@internationalized/date";
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import {
  DateField,
  DateInput,
  DateSegment,
  Label,
  Radio,
  RadioGroup,
  TextArea,
  TextField,
} from "react-aria-components";
import { Button } from "../../design";
import type { Key, Params } from "../../i18n";
import { useI18n } from "../../i18n";
import type { DecisionRequest } from "../../ipc";
import type { OpenReview } from "./queries";
import type { Form } from "./useDecisions";

/** Longest text of a comment, as the contract says. */
const LONGEST_COMMENT = 2000;

const MATCH_REASONS = ["fee", "rounding", "exchange", "other"] as const;
const WRITE_OFF_REASONS = ["fee", "rounding", "exchange", "error", "other"] as const;
type Reason = (typeof WRITE_OFF_REASONS)[number];

/** A form and what to do with its answer. */
export interface DecisionFormProps {
  form: Form;
  review: OpenReview;
  busy: boolean;
  digits: number;
  onDecide: (requests: DecisionRequest[], done: Key, params?: (events: number) => Params) => void;
  onCancel: () => void;
}

interface FrameProps {
  title: string;
  text?: string;
  submit: string;
  busy: boolean;
  ready?: boolean;
  onSubmit: () => void;
  onCancel: () => void;
  children?: ReactNode;
}

function Frame({ title, text, submit, busy, ready = true, onSubmit, onCancel, children }: FrameProps) {
  const { t } = useI18n();
  const frame = useRef<HTMLFormElement>(null);
  // A form without a field of its own takes the focus itself, so that Enter and Esc reach it.
  useEffect(() => {
    if (frame.current?.contains(document.activeElement) === false) {
      frame.current.focus();
    }
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) {
      onSubmit();
    }
  };
  // While it goes down, because date segments keep their keys to themselves.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onCancel();
    } else if (
      event.key === "Enter" &&
      (event.ctrlKey || event.metaKey || !(event.target instanceof HTMLTextAreaElement))
    ) {
      // A button under the focus does its own work; everywhere else Enter confirms.
      if (!(event.target instanceof HTMLButtonElement)) {
        send(event);
      }
    }
  };
  return (
    <form
      ref={frame}
      tabIndex={-1}
      className="decision-form"
      onSubmit={send}
      onKeyDownCapture={onKeyDown}
      data-testid="decision-form"
    >
      <h2 className="decision-title">{title}</h2>
      {text === undefined ? null : <p className="decision-text">{text}</p>}
      {children}
      <div className="decision-buttons">
        <Button
          kind="primary"
          type="submit"
          isDisabled={busy || !ready}
          keyCap={t("key.enter")}
          testId="decision-submit"
        >
          {submit}
        </Button>
        <Button kind="plain" onPress={onCancel} keyCap={t("key.escape")}>
          {t("decide.cancel")}
        </Button>
      </div>
    </form>
  );
}

interface ReasonsProps {
  reasons: readonly Reason[];
  value: Reason;
  onChange: (reason: Reason) => void;
}

function Reasons({ reasons, value, onChange }: ReasonsProps) {
  const { t } = useI18n();
  return (
    <RadioGroup
      className="reasons-pick"
      aria-label={t("form.reason")}
      value={value}
      onChange={(chosen) => onChange(reasons.find((reason) => reason === chosen) ?? value)}
    >
      {reasons.map((reason, at) => (
        <Radio
          key={reason}
          value={reason}
          className="reason-pick"
          autoFocus={at === 0}
          data-testid={`reason-${reason}`}
        >
          {t(`reason.${reason}`)}
        </Radio>
      ))}
    </RadioGroup>
  );
}

interface WordsProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
}

function Words({ label, value, onChange, autoFocus = false }: WordsProps) {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      autoFocus={autoFocus}
      maxLength={LONGEST_COMMENT}
    >
      <Label className="field-label">{label}</Label>
      <TextArea className="input input-words" rows={3} />
    </TextField>
  );
}

function optional(label: string, hint: string): string {
  return `${label} (${hint})`;
}

function HoldForm({
  form,
  busy,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "hold" }> }) {
  const { t } = useI18n();
  const now = today(getLocalTimeZone());
  const [until, setUntil] = useState<CalendarDate | null>(now.add({ weeks: 1 }));
  const [note, setNote] = useState("");
  const ready = until !== null && until.compare(now) > 0;
  const monthEnd = endOfMonth(now.add({ days: 1 }));
  const quick: [Key, CalendarDate][] = [
    ["form.hold.tomorrow", now.add({ days: 1 })],
    ["form.hold.week", now.add({ weeks: 1 })],
    ["form.hold.monthEnd", monthEnd],
  ];
  return (
    <Frame
      title={t("form.hold.title")}
      text={t("form.lines", { count: form.refs.length })}
      submit={t("decide.hold")}
      busy={busy}
      ready={ready}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide(
          [
            {
              kind: "hold",
              lines: form.refs,
              until: until?.toString() ?? "",
              note: note.trim() === "" ? null : note.trim(),
            },
          ],
          "message.held",
        )
      }
    >
      <DateField
        className="field"
        value={until}
        onChange={(day) => setUntil(day)}
        granularity="day"
        autoFocus
      >
        <Label className="field-label">{t("form.hold.date")}</Label>
        <DateInput className="input input-date" data-testid="hold-until">
          {(segment) => <DateSegment segment={segment} className="date-segment" />}
        </DateInput>
      </DateField>
      <div className="quick">
        {quick.map(([key, day]) => (
          <Button key={key} kind="quiet" onPress={() => setUntil(day)}>
            {t(key)}
          </Button>
        ))}
      </div>
      {ready ? null : <p className="field-error">{t("form.hold.past")}</p>}
      <Words label={optional(t("form.hold.note"), t("form.optional"))} value={note} onChange={setNote} />
    </Frame>
  );
}

function CommentForm({
  form,
  busy,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "comment" }> }) {
  const { t } = useI18n();
  const [text, setText] = useState("");
  return (
    <Frame
      title={t("form.comment.title")}
      submit={t("decide.comment")}
      busy={busy}
      ready={text.trim() !== ""}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide([{ kind: "comment", line: form.line, text: text.trim() }], "message.commented")
      }
    >
      <Words label={t("form.comment.text")} value={text} onChange={setText} autoFocus />
    </Frame>
  );
}

function MatchForm({
  form,
  busy,
  digits,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "match" }> }) {
  const { t, amount } = useI18n();
  const [reason, setReason] = useState<Reason>("fee");
  return (
    <Frame
      title={t("form.match.title", { amount: amount(form.difference, digits) })}
      text={t("form.lines", { count: form.refs.length })}
      submit={t("decide.match")}
      busy={busy}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide([{ kind: "match", lines: form.refs, differenceReason: reason }], "message.matched")
      }
    >
      <Reasons reasons={MATCH_REASONS} value={reason} onChange={setReason} />
    </Frame>
  );
}

function AcceptForm({
  form,
  busy,
  digits,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "accept" }> }) {
  const { t, amount } = useI18n();
  const [reason, setReason] = useState<Reason>("fee");
  const { differing, others } = form;
  return (
    <Frame
      title={t("form.match.title", { amount: amount(form.difference, digits) })}
      {...(others.length === 0 ? {} : { text: t("form.accept.others", { count: others.length }) })}
      submit={t("decide.accept")}
      busy={busy}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide(
          [
            { kind: "accept", group: differing, differenceReason: reason },
            ...others.map((group): DecisionRequest => ({ kind: "accept", group, differenceReason: null })),
          ],
          "message.accepted",
          () => ({ count: 1 + others.length }),
        )
      }
    >
      <Reasons reasons={MATCH_REASONS} value={reason} onChange={setReason} />
    </Frame>
  );
}

function UnmatchForm({
  form,
  busy,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "unmatch" }> }) {
  const { t } = useI18n();
  const [reason, setReason] = useState("");
  return (
    <Frame
      title={t("form.unmatch.title")}
      submit={t("decide.unmatch")}
      busy={busy}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide(
          [{ kind: "unmatch", group: form.group, reason: reason.trim() === "" ? null : reason.trim() }],
          "message.unmatched",
        )
      }
    >
      <Words
        label={optional(t("form.unmatch.reason"), t("form.optional"))}
        value={reason}
        onChange={setReason}
        autoFocus
      />
    </Frame>
  );
}

function WriteOffForm({
  form,
  busy,
  digits,
  onDecide,
  onCancel,
}: DecisionFormProps & { form: Extract<Form, { kind: "writeOff" }> }) {
  const { t, amount } = useI18n();
  const [reason, setReason] = useState<Reason>("fee");
  const [note, setNote] = useState("");
  return (
    <Frame
      title={t("form.writeOff.title", { amount: amount(form.amount, digits) })}
      text={t("form.writeOff.text")}
      submit={t("decide.writeOff")}
      busy={busy}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide(
          [{ kind: "writeOff", lines: form.refs, reason, note: note.trim() === "" ? null : note.trim() }],
          "message.writtenOff",
        )
      }
    >
      <Reasons reasons={WRITE_OFF_REASONS} value={reason} onChange={setReason} />
      <Words label={optional(t("form.note"), t("form.optional"))} value={note} onChange={setNote} />
    </Frame>
  );
}

function AcceptSafeForm({ review, busy, onDecide, onCancel }: DecisionFormProps) {
  const { t } = useI18n();
  const { account, month, search, filter } = review.query;
  // The count is of the whole month, so it waits until no search narrows the list.
  const whole = search === "" && (filter === "all" || filter === "suggested");
  const count = review.view.sections.find((section) => section.kind === "suggested")?.byRule ?? 0;
  return (
    <Frame
      title={whole && count === 0 ? t("form.acceptSafe.none") : t("form.acceptSafe.title", { count })}
      text={t("form.acceptSafe.text")}
      submit={t("decide.accept")}
      busy={busy}
      ready={whole && count > 0}
      onCancel={onCancel}
      onSubmit={() =>
        onDecide([{ kind: "acceptSafe", account, month }], "message.acceptedSafe", (events) => ({
          count: events,
        }))
      }
    />
  );
}

/** The form of a decision. */
export function DecisionForm(props: DecisionFormProps) {
  const { form } = props;
  switch (form.kind) {
    case "hold":
      return <HoldForm {...props} form={form} />;
    case "comment":
      return <CommentForm {...props} form={form} />;
    case "match":
      return <MatchForm {...props} form={form} />;
    case "accept":
      // Another proposal is another question: nothing chosen for the one before carries over.
      return <AcceptForm key={form.differing} {...props} form={form} />;
    case "unmatch":
      return <UnmatchForm {...props} form={form} />;
    case "writeOff":
      return <WriteOffForm {...props} form={form} />;
    case "acceptSafe":
      return <AcceptSafeForm {...props} />;
  }
}
