/** The gate: first start, lock screen or the open workspace. Nothing of the one is in the document of another. */
import { QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useState } from "react";
import { CommandProvider } from "../commands";
import { Button, Note } from "../design";
import {
  CreateScreen,
  LockScreen,
  statusQuery,
  useActivity,
  useWorkspaceEvents,
} from "../features/workspace";
import { I18nProvider, LOCALES, useI18n } from "../i18n";
import { type Language, toErrorView } from "../ipc";
import { makeRouter } from "./router";

/** Rust is on this machine: nothing is retried, nothing goes stale by time, and no network is waited for. */
function makeClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (reason) => {
        // A query that finds the workspace locked knows more than the status that was last heard of.
        if (toErrorView(reason).code === "workspace.locked") {
          void client.invalidateQueries({ queryKey: statusQuery.queryKey });
        }
      },
    }),
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
      },
    },
  });
  return client;
}

/** Before the settings are known, the system's language decides. */
function systemLanguage(): Language {
  return navigator.language.toLowerCase().startsWith("sv") ? "sv" : "en";
}

function OpenWorkspace() {
  const [router] = useState(makeRouter);
  return (
    <CommandProvider>
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

function Gate() {
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

  // Nothing may be dropped into the page itself; the shell takes files natively.
  useEffect(() => {
    const refuse = (event: DragEvent) => event.preventDefault();
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);

  return (
    <I18nProvider language={language}>
      {status.data === undefined ? (
        status.isError ? (
          <Failed reason={status.error} onRetry={() => void status.refetch()} />
        ) : (
          <main className="gate" aria-busy="true" />
        )
      ) : status.data.workspace === "absent" ? (
        <CreateScreen status={status.data} />
      ) : status.data.workspace === "locked" ? (
        <LockScreen status={status.data} />
      ) : (
        <OpenWorkspace />
      )}
    </I18nProvider>
  );
}

/** The whole window. */
export function App() {
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={client}>
      <Gate />
    </QueryClientProvider>
  );
}
