/** One line of 32 px: a heading, or the bank's and the ledger's side of a group with what stands between. */
import { memo } from "react";
import { CheckIcon, CommentIcon, Pill } from "../../design";
import { clockToday, type DayStyle, type Translator, useI18n } from "../../i18n";
import type { BankCell, LedgerCell, ReviewLine, SectionView, SideView } from "../../ipc";

/** What stands between the sides, in words; for the screen and for copying. */
export function middleText(line: ReviewLine, { t, day, language }: Translator): string {
  switch (line.middle) {
    case "none":
      return "";
    case "noMatch":
      return t("middle.noMatch");
    case "equal":
      return t("middle.equal", { count: line.count });
    case "contradicts":
      return t("middle.contradicts");
    case "confidence":
      return line.confidence ?? "";
    case "difference":
      return t("middle.difference");
    case "byRule":
      return t("middle.byRule");
    case "byUser":
      return (line.when === null ? null : clockToday(line.when, language)) ?? t("middle.byUser");
    case "held":
      return t("middle.held", { date: line.when === null ? "" : day(line.when) });
    case "writtenOff":
      return t("middle.writtenOff");
  }
}

function Middle({ line }: { line: ReviewLine }) {
  const i18n = useI18n();
  const text = middleText(line, i18n);
  switch (line.middle) {
    case "none":
      return null;
    case "equal":
      return <Pill tone="decide">{text}</Pill>;
    case "contradicts":
      return <Pill tone="contradicts">{text}</Pill>;
    case "confidence":
      return <Pill tone={line.safe ? "settled" : "decide"}>{text}</Pill>;
    case "byRule":
    case "byUser":
    case "writtenOff":
      return (
        <Pill tone="quiet">
          <CheckIcon /> {text}
        </Pill>
      );
    default:
      return <Pill tone="quiet">{text}</Pill>;
  }
}

/** Counts of a section as its heading tells them. */
export function sectionText(section: SectionView, { t }: Translator): string {
  const entries = t("section.entries", { count: section.entries });
  const lines = t("section.ledgerLines", { count: section.ledgerLines });
  switch (section.kind) {
    case "suggested":
      return `${t("section.proposals", { count: section.groups })}, ${t("section.safe", { count: section.byRule })}`;
    case "confirmed": {
      const others = section.groups - section.byRule;
      const byYou = others > 0 ? ` \u00b7 ${t("section.byYou", { count: others })}` : "";
      return `${entries} \u00b7 ${t("section.byRule", { count: section.byRule })}${byYou}`;
    }
    default:
      return `${entries}, ${lines}`;
  }
}

interface BankProps {
  cell: BankCell;
  digits: number;
  days: DayStyle;
  state: string;
}

function Bank({ cell, digits, days, state }: BankProps) {
  const { t, day, amount } = useI18n();
  const detail = cell.payments > 1 ? t("row.payments", { count: cell.payments }) : cell.detail;
  return (
    <>
      <span role="gridcell" data-side="bank" className={`cell cell-day ${state}`}>
        {cell.booked === null ? "" : day(cell.booked, days)}
      </span>
      <span
        role="gridcell"
        data-side="bank"
        className={`cell cell-text ${state}`}
        title={`${cell.party} ${cell.detail}`}
      >
        {cell.party}
        {detail === "" ? null : <span className="cell-detail"> {detail}</span>}
        {cell.commented ? (
          <span className="cell-comment" role="img" aria-label={t("row.commented")}>
            <CommentIcon />
          </span>
        ) : null}
      </span>
      <span role="gridcell" data-side="bank" className={`cell cell-figure cell-bank-amount ${state}`}>
        {amount(cell.amount, digits)}
      </span>
    </>
  );
}

interface LedgerProps {
  cell: LedgerCell;
  digits: number;
  days: DayStyle;
  state: string;
}

function Ledger({ cell, digits, days, state }: LedgerProps) {
  const { t, tMaybe, day, amount } = useI18n();
  // A difference line has no id and carries its reason's code.
  const text = cell.id === "" ? (tMaybe(`reason.${cell.text}`) ?? cell.text) : cell.text;
  return (
    <>
      <span role="gridcell" data-side="ledger" className={`cell cell-day cell-ledger-day ${state}`}>
        {cell.date === null ? "" : day(cell.date, days)}
      </span>
      <span role="gridcell" data-side="ledger" className={`cell cell-day ${state}`}>
        {cell.voucher}
      </span>
      <span role="gridcell" data-side="ledger" className={`cell cell-text ${state}`} title={text}>
        {text}
        {cell.commented ? (
          <span className="cell-comment" role="img" aria-label={t("row.commented")}>
            <CommentIcon />
          </span>
        ) : null}
      </span>
      <span role="gridcell" data-side="ledger" className={`cell cell-figure cell-ledger-amount ${state}`}>
        {amount(cell.amount, digits)}
      </span>
    </>
  );
}

function Empty({ side, state }: { side: SideView; state: string }) {
  const classes =
    side === "bank"
      ? ["cell", "cell", "cell cell-bank-amount"]
      : ["cell cell-ledger-day", "cell", "cell", "cell"];
  return classes.map((name, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the empty cells of a side never change places
    <span key={at} role="gridcell" data-side={side} className={`${name} ${state}`} />
  ));
}

/** How a row stands out. */
export interface RowState {
  /** Whether the cursor is on its group. */
  active: boolean;
  /** The one cell the cursor is on, when it is on one side only. */
  activeSide: SideView | null;
  bankMarked: boolean;
  ledgerMarked: boolean;
}

interface Props extends RowState {
  index: number;
  line: ReviewLine | undefined;
  section: SectionView | undefined;
  digits: number;
  days: DayStyle;
}

function cellState(marked: boolean, narrowed: boolean): string {
  return `${marked ? "marked" : ""} ${narrowed ? "narrowed" : ""}`.trim();
}

/** A display line. */
export const ReviewRow = memo(function ReviewRow(props: Props) {
  const { index, line, section, digits, days, active, activeSide, bankMarked, ledgerMarked } = props;
  const i18n = useI18n();
  const shared = {
    id: `line-${index}`,
    role: "row",
    "aria-rowindex": index + 2,
    "data-index": index,
  } as const;
  if (line === undefined) {
    return (
      <div {...shared} className="review-row review-first" aria-busy="true">
        <span role="gridcell" aria-label={i18n.t("row.loading")} className="cell skeleton" />
      </div>
    );
  }
  if (line.kind === "section") {
    return (
      <div {...shared} className="review-row review-section" data-testid={`section-${line.section}`}>
        <span role="gridcell" aria-colspan={8}>
          <strong>{i18n.t(`section.${line.section}`)}</strong>
          <span className="review-section-count">
            {section === undefined ? "" : sectionText(section, i18n)}
          </span>
        </span>
      </div>
    );
  }
  const bankState = cellState(bankMarked, activeSide === "bank");
  const ledgerState = cellState(ledgerMarked, activeSide === "ledger");
  return (
    <div
      {...shared}
      className={`review-row review-${line.kind} ${active ? "review-active" : ""}`}
      aria-selected={active || bankMarked || ledgerMarked}
      data-testid="review-row"
      data-group={line.group}
      data-section={line.section}
    >
      {line.bank === null ? (
        <Empty side="bank" state={bankState} />
      ) : (
        <Bank cell={line.bank} digits={digits} days={days} state={bankState} />
      )}
      <span role="gridcell" className="cell cell-middle">
        <Middle line={line} />
      </span>
      {line.ledger === null ? (
        <Empty side="ledger" state={ledgerState} />
      ) : (
        <Ledger cell={line.ledger} digits={digits} days={days} state={ledgerState} />
      )}
    </div>
  );
});
