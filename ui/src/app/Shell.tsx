/** The frame around every view: rail, status bar, keys, palette and key map. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Command, useCommands, useSay } from "../commands";
import { Later, part } from "../design";
import { tablesQuery, useDragOver, useImport } from "../features/documents";
import { ConflictBar, conflictsQuery, FirstSync, isFirstSync, useSync } from "../features/sync";
import { FreezeBar, statusQuery, takeStatus } from "../features/workspace";
import { useI18n } from "../i18n";
import { office, toErrorView, useBackend } from "../ipc";
import { visitLine } from "../views";
import { companyName, useOffice } from "./office";
import { Rail } from "./Rail";
import { StatusBar } from "./StatusBar";
import { ShellContext } from "./shellContext";
import { useKeys } from "./useKeys";

// What lies over the work is not needed for the first picture of it.
const palette = part(async () => (await import("./Palette")).Palette);
const keyMap = part(async () => (await import("./KeyMapPanel")).KeyMapPanel);
/** By then the window stands and nobody waits. */
const LOAD_REST_AFTER_MS = 600;

/** Says wherever one is that tables came in and wait; the documents view shows them by itself. */
function useWaitingTables(): void {
  const { t } = useI18n();
  const say = useSay();
  const navigate = useNavigate();
  const away = useLocation({ select: (location) => location.pathname !== "/documents" });
  const waiting = useQuery(tablesQuery).data?.length ?? 0;
  const told = useRef(0);
  useEffect(() => {
    if (waiting > told.current && away) {
      say(t("nav.waiting", { count: waiting }), {
        action: { label: t("nav.showWaiting"), run: () => void navigate({ to: "/documents" }) },
      });
    }
    told.current = waiting;
  }, [waiting, away, say, t, navigate]);
}

/** The frame. */
export function Shell() {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const { view: companies } = useOffice();
  const navigate = useNavigate();
  const say = useSay();
  const status = useQuery(statusQuery);
  const imports = useImport();
  const dragOver = useDragOver();
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [panel, setPanel] = useState<"palette" | "keys" | null>(null);
  const sync = useSync();
  const inSettings = useLocation({ select: (location) => location.pathname === "/settings" });
  const connected = sync !== undefined && sync.phase !== "standalone";
  const conflicts = useQuery(conflictsQuery).data ?? [];
  const [over, setOver] = useState<"sync" | "conflicts" | "companies" | null>(null);

  const lock = useCallback(() => {
    backend.lock().then(
      (next) => takeStatus(client, next),
      (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" }),
    );
  }, [backend, client, say, tError]);
  const fail = (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" });

  const others = companies.companies
    .filter((company) => company.id !== companies.shown)
    .map((company) => ({
      id: `company-${company.id}`,
      group: "companies" as const,
      label: t("palette.switchTo", { name: companyName(companies, company, t) }),
      run: () => void office.show(company.id).catch(fail),
    }));
  const commands: Command[] = [
    { id: "palette", enabled: true, hint: true, run: () => setPanel("palette") },
    { id: "keys", enabled: true, run: () => setPanel("keys") },
    { id: "lock", enabled: true, run: lock },
    { id: "lockAll", enabled: companies.several, run: () => void office.lockAll().catch(fail) },
    { id: "switchCompany", enabled: companies.several, run: () => setOver("companies") },
    { id: "addCompany", enabled: companies.several, run: () => void office.add().catch(fail) },
    {
      id: "syncNow",
      enabled: connected,
      run: () => {
        backend.syncNow().catch(fail);
      },
    },
    { id: "syncPanel", enabled: connected, run: () => setOver("sync") },
    {
      id: "conflicts",
      enabled: conflicts.length > 0,
      run: () => setOver((now) => (now === "conflicts" ? null : "conflicts")),
    },
    { id: "goReconcile", enabled: true, run: () => void navigate({ to: "/reconcile" }) },
    { id: "goDocuments", enabled: true, run: () => void navigate({ to: "/documents" }) },
    { id: "goSettings", enabled: true, run: () => void navigate({ to: "/settings" }) },
  ];
  useCommands("everywhere", commands, others);
  // The button that was pressed is gone with the last of them; the keyboard goes back to the work.
  const endConflicts = useCallback(() => {
    setOver(null);
    document.querySelector<HTMLElement>("main [role=grid]")?.focus();
  }, []);
  const openConflicts = useCallback((open: boolean) => setOver(open ? "conflicts" : null), []);
  const closePanel = () => setPanel(null);
  useKeys(panel === null);
  useWaitingTables();

  // Fetched before they are asked for, so that the first use is as quick as the next.
  useEffect(() => {
    const timer = setTimeout(() => {
      palette.fetch();
      keyMap.fetch();
    }, LOAD_REST_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);

  const shell = useMemo(
    () => ({ imports, dragOver, dismissed, onDismiss: setDismissed, lock }),
    [imports, dragOver, dismissed, lock],
  );
  return (
    <ShellContext value={shell}>
      <div className="frame">
        {status.data === undefined || status.data.freeze === null ? null : (
          <FreezeBar freeze={status.data.freeze} connected={connected} />
        )}
        <ConflictBar
          open={over === "conflicts"}
          onOpen={openConflicts}
          onDone={endConflicts}
          onAsk={(line) => {
            setOver(null);
            visitLine(backend.company, line);
            void navigate({ to: "/reconcile" });
          }}
        />
        <div className={`shell ${dragOver ? "shell-drag" : ""}`}>
          {status.data === undefined ? null : (
            <Rail
              status={status.data}
              sync={sync}
              imports={imports}
              onLock={lock}
              companiesOpen={over === "companies"}
              onCompanies={(open) => setOver(open ? "companies" : null)}
            />
          )}
          {!inSettings &&
          status.data !== undefined &&
          sync !== undefined &&
          isFirstSync(sync, status.data.logSize) ? (
            <FirstSync view={sync} onSignIn={() => setOver("sync")} />
          ) : (
            <Outlet />
          )}
          <StatusBar
            sync={sync}
            syncOpen={over === "sync"}
            onSyncOpen={(open) => setOver(open ? "sync" : null)}
          />
        </div>
      </div>
      {dragOver ? (
        <div className="drag-note" role="status">
          {t("documents.dropNow")}
        </div>
      ) : null}
      {panel === "palette" ? <Later of={palette} props={{ open: true, onClose: closePanel }} /> : null}
      {panel === "keys" ? <Later of={keyMap} props={{ open: true, onClose: closePanel }} /> : null}
    </ShellContext>
  );
}
