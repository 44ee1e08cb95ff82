/** ledger + open items = statement, always in sight, with how far the month has come. */
import { memo } from "react";
import { Meter } from "../../design";
import { fractionDigits, isZero, useI18n } from "../../i18n";
import type { ReviewView } from "../../ipc";

interface FigureProps {
  label: string;
  value: string | null;
  digits: number;
  testId: string;
  /** Shown on hover, and in place of a missing value. */
  hint?: string | undefined;
  wrong?: boolean;
}

function Figure({ label, value, digits, testId, hint, wrong = false }: FigureProps) {
  const { t, amount } = useI18n();
  return (
    <div className={`equation-cell ${wrong ? "equation-wrong" : ""}`} title={hint}>
      <span className="equation-label">{label}</span>
      {value === null ? (
        <span className="equation-unknown" data-testid={testId}>
          {t("equation.unknown")}
        </span>
      ) : (
        <span className="equation-value" data-testid={testId} data-value={value}>
          {amount(value, digits)}
        </span>
      )}
    </div>
  );
}

/** The equation bar of a review. */
export const Equation = memo(function Equation({ view }: { view: ReviewView }) {
  const { t, day, amount } = useI18n();
  const { equation } = view;
  const digits = fractionDigits(view.currency);
  const date = day(equation.date);
  const total = Math.max(1, view.entries);
  const off = equation.unexplained !== null && !isZero(equation.unexplained);
  return (
    <section className="equation" aria-label={t("equation.label")}>
      <Figure
        label={t("equation.ledger", { date })}
        value={equation.ledger}
        digits={digits}
        testId="equation-ledger"
        hint={equation.ledger === null ? t("equation.noLedger") : undefined}
      />
      <span className="equation-sign">{"+"}</span>
      <Figure
        label={t("equation.open")}
        value={equation.open}
        digits={digits}
        testId="equation-open"
        hint={t("equation.parts", {
          bank: amount(equation.openBank, digits),
          ledger: amount(equation.openLedger, digits),
          differences: amount(equation.differences, digits),
        })}
      />
      {off ? (
        <>
          <span className="equation-sign">{"+"}</span>
          <Figure
            label={t("equation.unexplained")}
            value={equation.unexplained}
            digits={digits}
            testId="equation-unexplained"
            wrong
          />
        </>
      ) : null}
      <span className="equation-sign">{"="}</span>
      <Figure
        label={t("equation.statement", { date })}
        value={equation.statement}
        digits={digits}
        testId="equation-statement"
        hint={equation.statement === null ? t("equation.noStatement") : undefined}
      />
      <div className="equation-progress">
        <span className="equation-label equation-counts" data-testid="review-counts">
          {[
            t("progress.entries", { count: view.entries }),
            t("progress.confirmed", { count: view.confirmed }),
            t("progress.suggested", { count: view.suggested }),
            t("progress.open", { count: view.open }),
            ...(view.pending > 0 ? [t("progress.pending", { count: view.pending })] : []),
          ].join(" \u00b7 ")}
        </span>
        <Meter
          label={t("progress.label")}
          parts={[
            { share: view.confirmed / total, tone: "settled" },
            { share: view.suggested / total, tone: "decide" },
          ]}
        />
      </div>
    </section>
  );
});
