/** Documents: drop them in, watch the import, and see what was found in each. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { describeCommand, IS_MAC, useCommands, useSay } from "../commands";
import { Button, DropIcon, Note } from "../design";
import {
  DocumentEvidence,
  DocumentList,
  documentsQuery,
  ImportPanel,
  type ImportState,
  LazyTableReview,
  PAGE,
  placeOf,
  tablesQuery,
} from "../features/documents";
import { useI18n } from "../i18n";
import { toErrorView, useBackend } from "../ipc";

interface Props {
  imports: ImportState;
  dragOver: boolean;
  dismissed: number | null;
  onDismiss: (job: number) => void;
}

interface DropProps {
  over: boolean;
  small: boolean;
  onChoose: (folder: boolean) => void;
}

function Drop({ over, small, onChoose }: DropProps) {
  const { t } = useI18n();
  return (
    <section
      className={`drop ${over ? "drop-over" : ""} ${small ? "drop-small" : ""}`}
      data-testid="drop-zone"
    >
      <span className="drop-icon">
        <DropIcon />
      </span>
      <span className="drop-words">
        <span className="drop-title">{over ? t("documents.dropNow") : t("documents.dropTitle")}</span>
        <span className="drop-hint">{t("documents.dropHint")}</span>
      </span>
      <span className="drop-buttons">
        <Button
          kind={small ? "plain" : "primary"}
          keyCap={describeCommand("chooseFiles", IS_MAC, t)}
          onPress={() => onChoose(false)}
          testId="choose-files"
        >
          {t("documents.chooseFiles")}
        </Button>
        <Button
          keyCap={describeCommand("chooseFolder", IS_MAC, t)}
          onPress={() => onChoose(true)}
          testId="choose-folder"
        >
          {t("documents.chooseFolder")}
        </Button>
      </span>
    </section>
  );
}

/** The documents view. */
export function DocumentsView({ imports, dragOver, dismissed, onDismiss }: Props) {
  const { t, tError } = useI18n();
  const say = useSay();
  const backend = useBackend();
  const first = useQuery(documentsQuery(0));
  const tables = useQuery(tablesQuery).data ?? [];
  const [index, setIndex] = useState(-1);
  const { page, row } = placeOf(Math.max(0, index));
  const rows = useQuery({ ...documentsQuery(page), enabled: index >= 0 });
  const document = index < 0 ? null : (rows.data?.rows[row] ?? null);
  // New documents come in at the top; the one that is looked at moves down with the others.
  const seen = useRef<{ id: number; index: number } | null>(null);
  useEffect(() => {
    const before = seen.current;
    if (before !== null && before.index === index && document !== null && document.id !== before.id) {
      const at = rows.data?.rows.findIndex((one) => one.id === before.id) ?? -1;
      if (at >= 0) {
        seen.current = { id: before.id, index: page * PAGE + at };
        setIndex(page * PAGE + at);
        return;
      }
    }
    seen.current = document === null ? null : { id: document.id, index };
  }, [document, index, page, rows.data]);
  const { progress, left } = imports;
  const running = progress !== null && !progress.finished;
  const total = first.data?.total ?? 0;
  const fail = (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" });
  const choose = (folder: boolean) => void backend.chooseFiles(folder).catch(fail);

  useCommands("documents", [
    { id: "chooseFiles", enabled: true, hint: true, run: () => choose(false) },
    { id: "chooseFolder", enabled: true, hint: true, run: () => choose(true) },
    {
      id: "cancelImport",
      enabled: running,
      hint: running,
      run: () => {
        if (progress !== null) {
          backend.cancelImport(progress.job).catch(fail);
        }
      },
    },
  ]);
  // What waits comes first: it keeps figures out of the reconciliation.
  if (tables.length > 0) {
    return <LazyTableReview tables={tables} busy={running} />;
  }
  return (
    <>
      <main className="work" data-testid="view-documents" aria-label={t("documents.title")}>
        <header className="head">
          <div className="head-title">
            <h1 className="head-name">{t("documents.title")}</h1>
            <p className="head-sub">
              {[...(total > 0 ? [t("documents.count", { count: total })] : []), t("documents.lead")].join(
                " \u00b7 ",
              )}
            </p>
          </div>
        </header>
        <Drop over={dragOver} small={total > 0} onChoose={choose} />
        {progress === null || (progress.finished && dismissed === progress.job) ? null : (
          <ImportPanel
            progress={progress}
            left={left}
            cancelKey={describeCommand("cancelImport", IS_MAC, t)}
            onDismiss={() => onDismiss(progress.job)}
          />
        )}
        {first.isError ? (
          <Note
            tone="wrong"
            title={t("error.title")}
            actions={<Button onPress={() => void first.refetch()}>{t("error.retry")}</Button>}
          >
            {tError(toErrorView(first.error))}
          </Note>
        ) : first.isPending ? null : total === 0 ? (
          running ? null : (
            <Note title={t("documents.emptyTitle")}>{t("documents.emptyText")}</Note>
          )
        ) : (
          <DocumentList total={total} selected={index} onSelect={setIndex} />
        )}
      </main>
      <aside className="evidence" aria-label={t("evidence.label")}>
        <h2 className="evidence-title">{t("evidence.tab.document")}</h2>
        <DocumentEvidence document={document} />
      </aside>
    </>
  );
}
