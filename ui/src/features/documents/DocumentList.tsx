/** The list of documents: a window over pages that Rust holds, moved through by keyboard. */
import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useRef } from "react";
import { Pill } from "../../design";
import { useI18n } from "../../i18n";
import type { DocumentView } from "../../ipc";
import { ImportStatusPill } from "./ImportPanel";
import { documentsQuery, PAGE } from "./queries";

const ROW = 32;

function FindingCounts({ document }: { document: DocumentView }) {
  const { t } = useI18n();
  if (document.errors > 0) {
    return <Pill tone="contradicts">{t("findings.count.errors", { count: document.errors })}</Pill>;
  }
  if (document.warnings > 0) {
    return <Pill tone="decide">{t("findings.count.warnings", { count: document.warnings })}</Pill>;
  }
  return (
    <Pill tone="quiet">
      {document.infos > 0 ? t("findings.count.infos", { count: document.infos }) : t("documents.none")}
    </Pill>
  );
}

function DocumentCells({ document }: { document: DocumentView }) {
  const { count, instant } = useI18n();
  return (
    <>
      <span role="gridcell" className="cell cell-text" title={document.name}>
        {document.name}
      </span>
      <span role="gridcell" className="cell cell-muted">
        {document.format}
      </span>
      <span role="gridcell" className="cell cell-figure">
        {count(document.entries + document.ledgerLines)}
      </span>
      <span role="gridcell" className="cell cell-pill">
        <FindingCounts document={document} />
      </span>
      <span role="gridcell" className="cell cell-muted">
        {instant(document.importedAt)}
      </span>
      <span role="gridcell" className="cell cell-pill cell-end">
        <ImportStatusPill status={document.status} />
      </span>
    </>
  );
}

interface Props {
  total: number;
  selected: number;
  onSelect: (index: number) => void;
}

/** Where a key leads in a list, or `null` when it is not a key of lists. */
function step(key: string, from: number, total: number, page: number): number | null {
  const to = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: total - 1,
  }[key];
  return to === undefined ? null : Math.min(total - 1, Math.max(0, to));
}

/** The documents, newest first. */
export function DocumentList({ total, selected, onSelect }: Props) {
  const { t } = useI18n();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const firstPage = Math.floor((items[0]?.index ?? 0) / PAGE);
  const lastPage = Math.floor((items.at(-1)?.index ?? 0) / PAGE);
  const pages = Array.from({ length: lastPage - firstPage + 1 }, (_, at) => firstPage + at);
  const results = useQueries({ queries: pages.map((page) => documentsQuery(page)) });
  const rowAt = (index: number): DocumentView | null =>
    results[Math.floor(index / PAGE) - firstPage]?.data?.rows[index % PAGE] ?? null;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 1);
    const to = step(event.key, selected, total, page);
    if (to !== null) {
      event.preventDefault();
      virtual.scrollToIndex(to);
      onSelect(to);
    }
  };

  return (
    <div
      className="documents"
      role="grid"
      aria-label={t("documents.list")}
      aria-rowcount={total + 1}
      aria-activedescendant={selected >= 0 ? `document-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="documents-row documents-head">
        <span role="columnheader">{t("documents.column.name")}</span>
        <span role="columnheader">{t("documents.column.format")}</span>
        <span role="columnheader" className="cell-figure">
          {t("documents.column.lines")}
        </span>
        <span role="columnheader">{t("documents.column.findings")}</span>
        <span role="columnheader">{t("documents.column.imported")}</span>
        <span role="columnheader" className="cell-end">
          {t("documents.column.status")}
        </span>
      </div>
      <div className="scroller" ref={scroller} role="presentation">
        <div className="documents-canvas" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const document = rowAt(item.index);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of all its rows
              <div
                key={item.key}
                id={`document-${item.index}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={item.index === selected}
                className="documents-row"
                data-testid="document-row"
                data-status={document?.status}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onSelect(item.index)}
              >
                {document === null ? (
                  <span role="gridcell" className="cell skeleton" />
                ) : (
                  <DocumentCells document={document} />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
