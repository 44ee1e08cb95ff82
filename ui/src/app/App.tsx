/**
 * The gate: first start, lock screen or the open workspace of the company that is shown. Nothing of the one is in the
 * document of another, and nothing of one company in that of another.
 */
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { CommandProvider, Notices } from "../commands";
import { Button, Note } from "../design";
import {
  CreateScreen,
  LockScreen,
  statusQuery,
  useActivity,
  useWorkspaceEvents,
} from "../features/workspace";
import { I18nProvider, LOCALES, useI18n } from "../i18n";
import { type Language, type ListedCompany, leaveClient, toErrorView } from "../ipc";
import { CompanyMenu, useSwitchKey } from "./CompanyMenu";
import { Elsewhere } from "./Elsewhere";
import { clientFor, companyName, OfficeContext, shownCompany, useCompanies, useOffice } from "./office";
import { Removed } from "./Removed";
import { makeRouter } from "./router";

/** Before the settings are known, the system's language decides. */
function systemLanguage(): Language {
  return navigator.language.toLowerCase().startsWith("sv") ? "sv" : "en";
}

function OpenWorkspace({ company }: { company: ListedCompany }) {
  const { t } = useI18n();
  const { view, notices } = useOffice();
  const [router] = useState(() => makeRouter(company.id));
  return (
    <CommandProvider name={companyName(view, company, t)} notices={notices}>
      <RouterProvider router={router} />
    </CommandProvider>
  );
}

function Failed({ reason, onRetry }: { reason: unknown; onRetry: () => void }) {
  const { t, tError } = useI18n();
  return (
    <main className="gate">
      <Note
        tone="wrong"
        title={t("error.title")}
        actions={<Button onPress={onRetry}>{t("error.retry")}</Button>}
      >
        {tError(toErrorView(reason))}
      </Note>
    </main>
  );
}

/** A screen without the frame, with the way to the other companies. */
function Outside({ company, children }: { company: ListedCompany; children: ReactNode }) {
  const { t } = useI18n();
  const { view } = useOffice();
  const [open, setOpen] = useState(false);
  useSwitchKey(() => setOpen(true));
  // The only company needs no name over it that says no more than the program's.
  const shown = view.companies.length > 1 || company.workspace === "locked";
  return (
    <div className="outside">
      {shown && view.several ? (
        <nav className="outside-company" aria-label={t("companies.title")}>
          <CompanyMenu
            name={companyName(view, company, t)}
            detail={t(`companies.${company.workspace}`)}
            open={open}
            onOpen={setOpen}
          />
        </nav>
      ) : null}
      {children}
      {company.workspace === "absent" ? <Removed /> : null}
    </div>
  );
}

function Gate({ company }: { company: ListedCompany }) {
  const status = useQuery(statusQuery);
  useWorkspaceEvents();
  const open = status.data?.workspace === "open";
  useActivity(open);
  const settings = status.data?.settings;
  const language = settings?.language ?? systemLanguage();
  const theme = settings?.theme ?? "system";

  useLayoutEffect(() => {
    const root = document.documentElement;
    root.lang = LOCALES[language];
    if (theme === "system") {
      root.removeAttribute("data-theme");
    } else {
      root.dataset["theme"] = theme;
    }
  }, [language, theme]);

  return (
    <I18nProvider language={language}>
      <Elsewhere />
      {status.data === undefined ? (
        status.isError ? (
          <Failed reason={status.error} onRetry={() => void status.refetch()} />
        ) : (
          <main className="gate" aria-busy="true" />
        )
      ) : open ? (
        <OpenWorkspace company={company} />
      ) : (
        <Outside company={company}>
          {status.data.workspace === "absent" ? (
            <CreateScreen status={status.data} />
          ) : (
            <LockScreen status={status.data} />
          )}
        </Outside>
      )}
    </I18nProvider>
  );
}

/** One company, for as long as it is shown. */
function Company({ company }: { company: ListedCompany }) {
  const client = clientFor(company.id);
  useEffect(() => () => leaveClient(client), [client]);
  return (
    <QueryClientProvider client={client}>
      <Gate company={company} />
    </QueryClientProvider>
  );
}

/** Nothing may be dropped into the page itself; the shell takes files natively. */
function useNoDrops(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => event.preventDefault();
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
}

/** The whole window. */
export function App() {
  const { view, error, ask } = useCompanies();
  const [notices] = useState(() => new Notices());
  const state = useMemo(() => (view === null ? null : { view, notices }), [view, notices]);
  useNoDrops();
  const company = view === null ? undefined : shownCompany(view);
  if (state === null || company === undefined) {
    return (
      <I18nProvider language={systemLanguage()}>
        {error === null ? (
          <main className="gate" aria-busy="true" />
        ) : (
          <Failed reason={error} onRetry={ask} />
        )}
      </I18nProvider>
    );
  }
  return (
    <OfficeContext value={state}>
      <Company key={company.id} company={company} />
    </OfficeContext>
  );
}
