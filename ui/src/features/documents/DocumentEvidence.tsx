/** The right column of the documents view: what a document is and what was found in it, by line and severity. */
import { useQuery } from "@tanstack/react-query";
import { Pill, type Tone } from "../../design";
import { findingWords, formatBytes, formatCode, type Translator, useI18n } from "../../i18n";
import { type DocumentView, type FindingView, toErrorView } from "../../ipc";
import { ImportStatusPill } from "./ImportPanel";
import { findingsQuery } from "./queries";

const SEVERITIES = ["error", "warning", "info"] as const;
type Severity = (typeof SEVERITIES)[number];

const TONES: Record<Severity, Tone> = { error: "contradicts", warning: "decide", info: "quiet" };

function severityOf(finding: FindingView): Severity {
  return SEVERITIES.find((severity) => severity === finding.severity) ?? "info";
}

function Finding({ finding }: { finding: FindingView }) {
  const i18n = useI18n();
  const { t, count } = i18n;
  const severity = severityOf(finding);
  const { title, text } = findingWords(finding, i18n);
  return (
    <li className="finding" data-testid="finding" data-code={finding.code}>
      <p className="finding-head">
        <Pill tone={TONES[severity]}>{t(`findings.severity.${severity}`)}</Pill>
        {finding.line === null ? null : (
          <span className="finding-line">{t("findings.line", { line: count(finding.line) })}</span>
        )}
      </p>
      {title === null ? null : <p className="finding-title">{title}</p>}
      <p className={title === null ? "finding-title" : "finding-text"}>{text}</p>
      {finding.path === null ? null : <p className="finding-path">{finding.path}</p>}
    </li>
  );
}

function facts(document: DocumentView, i18n: Translator): [label: string, value: string][] {
  const { t, count, instant, language } = i18n;
  const rows: [string, string][] = [
    [t("documents.format"), document.format],
    [t("documents.size"), formatBytes(document.bytes, language)],
    [t("documents.statements"), document.statements > 0 ? count(document.statements) : ""],
    [t("documents.entries"), document.entries > 0 ? count(document.entries) : ""],
    [t("documents.ledgerLines"), document.ledgerLines > 0 ? count(document.ledgerLines) : ""],
    [t("documents.imported"), instant(document.importedAt)],
  ];
  return rows.filter(([, value]) => value !== "");
}

/** A document and its findings. */
export function DocumentEvidence({ document }: { document: DocumentView | null }) {
  const i18n = useI18n();
  const { t, tError, count } = i18n;
  const findings = useQuery({
    ...findingsQuery(document?.id ?? 0),
    enabled: document !== null,
  });
  if (document === null) {
    return <p className="evidence-empty">{t("documents.select")}</p>;
  }
  const sorted = [...(findings.data ?? [])].sort(
    (a, b) =>
      SEVERITIES.indexOf(severityOf(a)) - SEVERITIES.indexOf(severityOf(b)) || (a.line ?? 0) - (b.line ?? 0),
  );
  return (
    <div className="evidence-scroll">
      <section className="evidence-section">
        <h2 className="evidence-heading evidence-document">{document.name}</h2>
        <dl className="pairs">
          {facts(document, i18n).map(([label, value]) => (
            <div key={label} className="pair">
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          <div className="pair">
            <dt>{t("documents.column.status")}</dt>
            <dd>
              <ImportStatusPill status={document.status} />
            </dd>
          </div>
        </dl>
        <p className="digest" title={document.sha256}>
          {t("evidence.digest", { code: formatCode(document.code), seq: count(document.logSeq) })}
        </p>
      </section>
      <section className="evidence-section" aria-busy={findings.isPending}>
        <h2 className="evidence-heading">{t("findings.title")}</h2>
        {findings.isError ? (
          <p className="field-error" role="alert">
            {tError(toErrorView(findings.error))}
          </p>
        ) : findings.isPending ? (
          <p className="skeleton" />
        ) : sorted.length === 0 ? (
          <p className="evidence-text">{t("findings.none")}</p>
        ) : (
          <ul className="findings">
            {sorted.map((finding, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed once imported and may hold equals
              <Finding key={at} finding={finding} />
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}
