/** Progress of the running import, and what became of the last one's files. */
import { Button, Meter, Pill, type Tone } from "../../design";
import { findingWords, formatBytes, useI18n } from "../../i18n";
import { type ImportProgress, type ImportResult, type ImportStatus, useBackend } from "../../ipc";
import { countByStatus, shareDone } from "./progress";

const TONES: Record<ImportStatus, Tone> = {
  new: "settled",
  alreadyHere: "quiet",
  refused: "contradicts",
  cancelled: "decide",
  waiting: "decide",
};

/** The pill for how an import ended. */
export function ImportStatusPill({ status }: { status: ImportStatus }) {
  const { t } = useI18n();
  return <Pill tone={TONES[status]}>{t(`import.status.${status}`)}</Pill>;
}

/** More than this many lines of results say less, not more; every refused file is in the list below anyway. */
const MOST_RESULTS = 6;

const REMARKABLE: ImportStatus[] = ["refused", "cancelled", "alreadyHere"];

function Result({ result }: { result: ImportResult }) {
  const i18n = useI18n();
  const { t, count } = i18n;
  const line = result.finding?.line ?? null;
  const words = result.finding === null ? null : findingWords(result.finding, i18n);
  const refused = [
    line === null ? null : `${t("findings.line", { line: count(line) })}:`,
    words === null || words.title === null ? null : `${words.title}.`,
    words === null ? result.message : words.text,
  ];
  const reason =
    (result.status === "refused" ? refused.filter((part) => part !== null).join(" ") : null) ??
    (result.status === "alreadyHere"
      ? t("import.alreadyHereText")
      : result.status === "cancelled"
        ? t("import.cancelledText")
        : null);
  return (
    <li className="import-result">
      <ImportStatusPill status={result.status} />
      <span className="import-result-file">{result.file}</span>
      <span className="import-result-reason">{reason}</span>
    </li>
  );
}

function Left({ seconds }: { seconds: number }) {
  const { t } = useI18n();
  return (
    <span>
      {seconds < 90
        ? t("import.left.seconds", { count: seconds })
        : t("import.left.minutes", { count: Math.ceil(seconds / 60) })}
    </span>
  );
}

interface Props {
  progress: ImportProgress;
  left: number | null;
  cancelKey: string;
  onDismiss: () => void;
}

/** The import, running or just ended. */
export function ImportPanel({ progress, left, cancelKey, onDismiss }: Props) {
  const backend = useBackend();
  const { t, language, count } = useI18n();
  const counts = countByStatus(progress);
  const remarkable = REMARKABLE.flatMap((status) =>
    progress.results.filter((result) => result.status === status),
  );
  const title = progress.finished
    ? counts.cancelled > 0
      ? t("import.stopped")
      : t("import.done")
    : progress.matching
      ? t("import.matching")
      : t("import.running", { file: progress.file });
  return (
    <section
      className="import"
      aria-label={t("import.label")}
      data-testid="import-progress"
      data-finished={progress.finished}
    >
      <div className="import-head">
        <span className="import-title" aria-live="polite">
          {title}
        </span>
        {progress.finished ? (
          <Button kind="quiet" onPress={onDismiss}>
            {t("import.dismiss")}
          </Button>
        ) : (
          <Button
            keyCap={cancelKey}
            testId="import-cancel"
            onPress={() => void backend.cancelImport(progress.job)}
          >
            {t("import.cancel")}
          </Button>
        )}
      </div>
      {progress.finished ? null : (
        <Meter label={t("import.label")} parts={[{ share: shareDone(progress), tone: "accent" }]} />
      )}
      <p className="import-figures">
        {progress.finished ? (
          (Object.keys(counts) as ImportStatus[])
            .filter((status) => counts[status] > 0)
            .map((status) => (
              <span key={status}>{t(`import.count.${status}`, { count: counts[status] })}</span>
            ))
        ) : (
          <>
            <span>{t("import.files", { done: progress.filesDone, total: progress.filesTotal })}</span>
            <span>
              {t("import.bytes", {
                done: formatBytes(progress.bytesDone, language),
                total: formatBytes(progress.bytesTotal, language),
              })}
            </span>
          </>
        )}
        <span>{t("import.lines", { count: progress.lines })}</span>
        {left === null ? null : <Left seconds={left} />}
      </p>
      {remarkable.length === 0 ? null : (
        <ul className="import-results">
          {remarkable.slice(0, MOST_RESULTS).map((result, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: results are only appended, and names may repeat
            <Result key={at} result={result} />
          ))}
          {remarkable.length > MOST_RESULTS ? (
            <li className="import-result-more" title={count(remarkable.length)}>
              {t("import.moreResults", { count: remarkable.length - MOST_RESULTS })}
            </li>
          ) : null}
        </ul>
      )}
    </section>
  );
}
