/** The running sums of what is marked for matching; it takes its own space and covers no row. */
import { Button } from "../../design";
import { isZero, useI18n } from "../../i18n";
import type { SelectionView } from "../../ipc";
import type { Summary } from "./actions";

interface Props {
  summary: Summary;
  sums: SelectionView | null;
  digits: number;
  matchKey: string;
  onMatch: () => void;
  onClear: () => void;
}

/** Bank − ledger = difference, for the marked lines. */
export function MarksBar({ summary, sums, digits, matchKey, onMatch, onClear }: Props) {
  const { t, amount } = useI18n();
  const complete = summary.bank > 0 && summary.ledger > 0;
  const even = sums !== null && isZero(sums.difference);
  return (
    <section className="marks" aria-label={t("marks.label")} data-testid="marks">
      <span className="marks-side">
        <span className="marks-label">{t("marks.bank", { count: summary.bank })}</span>
        <span className="marks-value">{sums === null ? "" : amount(sums.bank, digits)}</span>
      </span>
      <span className="marks-side">
        <span className="marks-label">{t("marks.ledger", { count: summary.ledger })}</span>
        <span className="marks-value">{sums === null ? "" : amount(sums.ledger, digits)}</span>
      </span>
      {complete ? (
        <span className="marks-side" role="status">
          <span className="marks-label">{t("marks.difference")}</span>
          <span
            className={`marks-value ${even ? "marks-even" : "marks-odd"}`}
            data-testid="marks-difference"
            data-value={sums?.difference}
          >
            {sums === null ? "" : amount(sums.difference, digits)}
          </span>
        </span>
      ) : (
        <span className="marks-hint">{t(summary.bank > 0 ? "marks.hintLedger" : "marks.hintBank")}</span>
      )}
      <span className="marks-buttons">
        <Button kind="plain" keyCap={t("key.escape")} onPress={onClear}>
          {t("marks.clear")}
        </Button>
        <Button kind="primary" keyCap={matchKey} isDisabled={!complete} onPress={onMatch}>
          {t("marks.match")}
        </Button>
      </span>
    </section>
  );
}
