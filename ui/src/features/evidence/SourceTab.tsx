/** Where a figure comes from: what was read, the original bytes, and how the document can be told. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Pill } from "../../design";
import { findingWords, formatCode, useI18n } from "../../i18n";
import { type FieldView, type LineRef, type SourceView, toErrorView } from "../../ipc";
import { sourceQuery } from "./queries";

interface FieldValueProps {
  field: FieldView;
  digits: number;
  /** Currency of the amounts, said once beside each rather than in a row of its own. */
  currency: string;
}

function FieldValue({ field, digits, currency }: FieldValueProps) {
  const { amount, day, tMaybe } = useI18n();
  switch (field.format) {
    case "amount": {
      return currency === "" ? amount(field.value, digits) : `${amount(field.value, digits)} ${currency}`;
    }
    case "date":
      return day(field.value, "long");
    case "code":
      return <span className="code">{field.value}</span>;
    default:
      return tMaybe(`fieldValue.${field.value}`) ?? field.value;
  }
}

function Original({ source }: { source: SourceView }) {
  const { t, count } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const first = source.lines.findIndex((line) => line.highlighted);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another source scrolls to its own element
  useEffect(() => {
    const mark = box.current?.querySelector<HTMLElement>("[data-first]");
    if (mark !== null && mark !== undefined && box.current !== null) {
      box.current.scrollTop = Math.max(0, mark.offsetTop - 36);
      box.current.scrollLeft = 0;
    }
  }, [source]);
  return (
    <section
      className="original"
      ref={box}
      tabIndex={0}
      aria-label={t("evidence.original", { document: source.document })}
    >
      <div className="original-lines">
        {source.lines.map((line, at) => (
          <div
            key={line.number}
            className={`original-line ${line.highlighted ? "original-marked" : ""}`}
            {...(at === first ? { "data-first": true, "data-testid": "source-highlight" } : {})}
          >
            <span className="original-number">{count(line.number)}</span>
            <span className="original-text">{line.text === "" ? " " : line.text}</span>
          </div>
        ))}
      </div>
    </section>
  );
}

interface Props {
  line: LineRef;
  digits: number;
}

/** The source of one line. */
export function SourceTab({ line, digits }: Props) {
  const i18n = useI18n();
  const { t, tMaybe, tError, count, instant, amount } = i18n;
  const query = useQuery(sourceQuery(line));
  if (query.isError) {
    return (
      <p className="field-error evidence-section" role="alert">
        {tError(toErrorView(query.error))}
      </p>
    );
  }
  if (query.data === undefined) {
    return <div className="evidence-section skeleton" aria-busy="true" />;
  }
  const source = query.data;
  const currency = source.fields.find((field) => field.name === "currency")?.value ?? "";
  const fields = source.fields.filter((field) => field.name !== "currency");
  return (
    <div data-testid="source">
      <section className="evidence-section">
        <h2 className="evidence-heading">
          {t(line.side === "bank" ? "evidence.bankEntry" : "evidence.ledgerLine")}
        </h2>
        <dl className="pairs">
          {fields.map((field, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a field may occur twice and the order is fixed
            <div key={at} className="pair">
              <dt>{tMaybe(`fieldName.${field.name}`) ?? field.name}</dt>
              <dd>
                <FieldValue field={field} digits={digits} currency={currency} />
              </dd>
            </div>
          ))}
        </dl>
        {source.findings.length === 0 ? null : (
          <ul className="findings">
            {source.findings.map((finding, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: findings of a source are fixed and may be equal
              <li key={at} className="finding">
                <Pill
                  tone={
                    finding.severity === "error"
                      ? "contradicts"
                      : finding.severity === "warning"
                        ? "decide"
                        : "quiet"
                  }
                >
                  {tMaybe(`findings.severity.${finding.severity}`) ?? finding.severity}
                </Pill>
                <p className="finding-text">{findingWords(finding, i18n).text}</p>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className="evidence-section">
        <h2 className="evidence-heading evidence-document" title={source.format}>
          {t("evidence.bytes", { document: source.document, start: source.start, end: source.end })}
        </h2>
        <Original source={source} />
        <p className="digest" title={source.sha256}>
          {t("evidence.digest", { code: formatCode(source.code), seq: count(source.logSeq) })}
          <br />
          {t("evidence.imported", { when: instant(source.importedAt) })}
        </p>
      </section>
      {source.payments.length === 0 ? null : (
        <section className="evidence-section">
          <h2 className="evidence-heading">{t("evidence.payments", { count: source.payments.length })}</h2>
          <ul className="payments">
            {source.payments.map((payment, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: payments of an entry are fixed and may be equal
              <li key={at} className="payment">
                <span className="payment-party">{payment.party}</span>
                <span className="payment-reference">{payment.reference}</span>
                <span className="payment-amount">
                  {payment.amount === null ? "" : amount(payment.amount, digits)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
