/** Where am I: the company, the views, and the quiet truth about the system. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { describeCommand, IS_MAC } from "../commands";
import { DocumentIcon, KeyCap, LockIcon, ReconcileIcon, SettingsIcon } from "../design";
import { type ImportState, tablesQuery } from "../features/documents";
import { accountsQuery } from "../features/review";
import { formatCode, useI18n } from "../i18n";
import type { StatusView, SyncView } from "../ipc";
import { CompanyMenu } from "./CompanyMenu";
import { companyName, shownCompany, useOffice } from "./office";

interface EntryProps {
  to: "/reconcile" | "/documents" | "/settings";
  icon: ReactNode;
  label: string;
  badge?: ReactNode;
  testId: string;
}

function Entry({ to, icon, label, badge, testId }: EntryProps) {
  return (
    <Link
      to={to}
      className="rail-entry"
      activeProps={{ className: "rail-active", "aria-current": "page" }}
      data-testid={testId}
    >
      {icon}
      <span>{label}</span>
      {badge}
    </Link>
  );
}

interface Props {
  status: StatusView;
  sync: SyncView | undefined;
  imports: ImportState;
  onLock: () => void;
  companiesOpen: boolean;
  onCompanies: (open: boolean) => void;
}

/** The rail. */
export function Rail({ status, sync, imports, onLock, companiesOpen, onCompanies }: Props) {
  const { t, count } = useI18n();
  const accounts = useQuery(accountsQuery);
  const open = (accounts.data ?? []).reduce((sum, account) => sum + account.open, 0);
  const { progress } = imports;
  const waiting = useQuery(tablesQuery).data?.length ?? 0;
  const connected = sync !== undefined && sync.phase !== "standalone";
  const { view } = useOffice();
  const company = shownCompany(view);
  const listed = company === undefined ? t("app.name") : companyName(view, company, t);
  const name = status.company ?? sync?.company ?? listed;
  return (
    <nav className="rail" aria-label={t("nav.label")}>
      <CompanyMenu
        name={name}
        detail={status.organisationNumber ?? t("app.noCompany")}
        open={companiesOpen}
        onOpen={onCompanies}
      />
      <Entry
        to="/reconcile"
        icon={<ReconcileIcon />}
        label={t("nav.reconcile")}
        testId="nav-reconcile"
        badge={
          open > 0 ? (
            <span className="rail-count" title={t("nav.open", { count: open })}>
              {count(open)}
            </span>
          ) : null
        }
      />
      <Entry
        to="/documents"
        icon={<DocumentIcon />}
        label={t("nav.documents")}
        testId="nav-documents"
        badge={
          waiting > 0 ? (
            <span className="rail-count rail-waiting" title={t("nav.waiting", { count: waiting })}>
              {count(waiting)}
            </span>
          ) : null
        }
      />
      <Entry to="/settings" icon={<SettingsIcon />} label={t("nav.settings")} testId="nav-settings" />
      <div className="rail-foot">
        {progress !== null && !progress.finished ? (
          <p className="rail-import" role="status">
            {t("rail.importing", { done: progress.filesDone, total: progress.filesTotal })}
          </p>
        ) : null}
        <p className="rail-local">{t(connected ? "rail.connected" : "rail.local")}</p>
        <p className="rail-log" data-testid="log-code">
          {status.logSize > 0 ? (
            <>
              {t("rail.log", { size: status.logSize })} {"\u00b7"}{" "}
              <span className="rail-code">{formatCode(status.logCode)}</span>
            </>
          ) : (
            t(connected && sync.synced === null ? "sync.never" : "rail.logEmpty")
          )}
        </p>
        <button type="button" className="rail-lock" onClick={onLock} data-testid="lock">
          <LockIcon />
          <span>{t("command.lock")}</span>
          <KeyCap>{describeCommand("lock", IS_MAC, t)}</KeyCap>
        </button>
      </div>
    </nav>
  );
}
