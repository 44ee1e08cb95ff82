/** A table whose columns wait for a person: what they mean, how its rows read, import it or leave it out. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { describeCommand, IS_MAC, useCommands, useSay } from "../../commands";
import { Button, Note, Pill } from "../../design";
import { useI18n } from "../../i18n";
import { type TableMapping, type TablePreview, type TableView, toErrorView, useBackend } from "../../ipc";
import { previewQuery, tablesQuery } from "./queries";
import { TableRows } from "./TableRows";
import { TableSettings } from "./TableSettings";

/** What must be told first, or why it waits although one like it was read before. */
function Remark({ preview }: { preview: TablePreview }) {
  const { t, tMaybe } = useI18n();
  const need =
    preview.need === null
      ? null
      : (tMaybe(`table.need.${preview.need}`) ?? preview.needMessage ?? preview.need);
  const like = preview.like ?? "";
  const why =
    preview.question === "balance"
      ? t("table.why.balance", { like })
      : preview.question === "account"
        ? t("table.why.account", { like })
        : null;
  const doubt =
    preview.doubt === null || preview.doubt === preview.mapping.dateFormat
      ? null
      : t("table.doubt", { pattern: preview.doubt });
  return (
    <div className="table-remarks" role="status">
      {need === null ? null : (
        <p className="table-need" data-testid="table-need" data-need={preview.need}>
          {need}
        </p>
      )}
      {[why, doubt].map((text) => (text === null ? null : <p key={text}>{text}</p>))}
    </div>
  );
}

interface CountsProps {
  preview: TablePreview;
  wrongOnly: boolean;
  onWrongOnly: (wrongOnly: boolean) => void;
}

function Counts({ preview, wrongOnly, onWrongOnly }: CountsProps) {
  const { t } = useI18n();
  const { read, unreadCount } = preview;
  return (
    <div className="table-counts">
      <Pill tone={unreadCount > 0 ? "decide" : "settled"}>
        {preview.more
          ? t("table.readOfFirst", { count: read, total: read + unreadCount })
          : t("table.read", { count: read })}
      </Pill>
      {unreadCount === 0 ? null : (
        <>
          <Pill tone="contradicts">{t("table.unread", { count: unreadCount })}</Pill>
          <button
            type="button"
            className="chip"
            aria-pressed={wrongOnly}
            onClick={() => onWrongOnly(!wrongOnly)}
            data-testid="table-wrong-only"
          >
            {t("table.wrongOnly")}
          </button>
        </>
      )}
    </div>
  );
}

interface Props {
  tables: TableView[];
  /** Whether an import runs; there is one at a time. */
  busy: boolean;
}

/** The first of the tables that wait. */
export function TableReview({ tables, busy }: Props) {
  const [table] = tables;
  return table === undefined ? null : (
    <OneTable key={table.table} table={table} waiting={tables.length} busy={busy} />
  );
}

interface OneProps {
  table: TableView;
  waiting: number;
  busy: boolean;
}

function OneTable({ table, waiting, busy }: OneProps) {
  const { t, tError } = useI18n();
  const say = useSay();
  const backend = useBackend();
  const client = useQueryClient();
  const [edited, setEdited] = useState<TableMapping | null>(null);
  const [wrongOnly, setWrongOnly] = useState(false);
  const [working, setWorking] = useState(false);
  const query = useQuery({ ...previewQuery(table.table, edited), placeholderData: keepPreviousData });
  const preview = query.data;
  const mapping = edited ?? preview?.mapping;
  const ready = preview !== undefined && preview.need === null && !query.isPlaceholderData;
  const enabled = ready && !busy && !working;

  const settle = (work: Promise<TableView[]>, done: "table.imported" | "table.left") => {
    setWorking(true);
    work
      .then(
        (left) => {
          say(t(done, { file: table.name }));
          client.setQueryData(tablesQuery.queryKey, left);
        },
        (reason: unknown) => {
          say(tError(toErrorView(reason)), { tone: "wrong" });
          void client.invalidateQueries({ queryKey: tablesQuery.queryKey });
        },
      )
      .finally(() => setWorking(false));
  };
  const importIt = () => {
    if (enabled && mapping !== undefined) {
      settle(backend.importTable(table.table, mapping), "table.imported");
    }
  };
  const leaveOut = () => {
    settle(backend.leaveTable(table.table), "table.left");
  };
  useCommands("tables", [{ id: "importTable", enabled, hint: true, run: importIt }]);
  // Buttons and pickers take Enter for themselves, with any key held.
  const onKeyDownCapture = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (IS_MAC ? event.metaKey : event.ctrlKey)) {
      event.preventDefault();
      event.stopPropagation();
      importIt();
    }
  };
  return (
    <main
      className="work work-wide"
      data-testid="view-documents"
      aria-label={t("table.label")}
      onKeyDownCapture={onKeyDownCapture}
    >
      <header className="head" data-testid="table-review" data-table={table.name}>
        <div className="head-title">
          <h1 className="head-name">{table.name}</h1>
          <p className="head-sub">
            {[...(waiting > 1 ? [t("table.waiting", { count: waiting })] : []), t("table.lead")].join(
              " \u00b7 ",
            )}
          </p>
        </div>
        <span className="head-space" />
        <Button onPress={leaveOut} isDisabled={working || busy} testId="table-leave">
          {t("table.leave")}
        </Button>
        <Button
          kind="primary"
          keyCap={describeCommand("importTable", IS_MAC, t)}
          onPress={importIt}
          isDisabled={!enabled}
          testId="table-import"
        >
          {t("table.import")}
        </Button>
      </header>
      {query.isError ? (
        <Note tone="wrong" title={t("error.title")}>
          {tError(toErrorView(query.error))}
        </Note>
      ) : preview === undefined || mapping === undefined ? null : (
        <>
          <TableSettings preview={preview} mapping={mapping} onChange={setEdited} />
          <div className="table-verdict">
            <Remark preview={preview} />
            <Counts preview={preview} wrongOnly={wrongOnly} onWrongOnly={setWrongOnly} />
          </div>
          <TableRows
            preview={preview}
            mapping={mapping}
            rows={wrongOnly && preview.unreadCount > 0 ? preview.unread : preview.rows}
            onChange={setEdited}
          />
        </>
      )}
    </main>
  );
}
