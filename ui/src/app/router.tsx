/** The routes. The address lives in memory: the window has no address bar, and a reload starts afresh. */

import { useQuery } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Navigate,
  useNavigate,
} from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { accountsQuery } from "../features/review";
import { statusQuery } from "../features/workspace";
import { DocumentsView, ReconcileView, recall, remember } from "../views";
import { CompanySettings } from "./CompanySettings";
import { Shell } from "./Shell";
import { useShell } from "./shellContext";

function Start() {
  const accounts = useQuery(accountsQuery);
  if (accounts.isPending) {
    return <main className="work" aria-busy="true" />;
  }
  // Where there is nothing to reconcile, the first thing to do is to import.
  return <Navigate to={(accounts.data?.length ?? 0) > 0 ? "/reconcile" : "/documents"} replace />;
}

function Reconcile() {
  const navigate = useNavigate();
  return <ReconcileView onDocuments={() => void navigate({ to: "/documents" })} />;
}

function Documents() {
  const { imports, dragOver, dismissed, onDismiss } = useShell();
  return <DocumentsView imports={imports} dragOver={dragOver} dismissed={dismissed} onDismiss={onDismiss} />;
}

const SettingsView = lazy(async () => ({ default: (await import("../views/SettingsView")).SettingsView }));

function Settings() {
  const { lock } = useShell();
  const status = useQuery(statusQuery);
  return status.data === undefined ? null : (
    <Suspense fallback={<main className="work work-wide" aria-busy="true" />}>
      <SettingsView status={status.data} onLock={lock} company={<CompanySettings />} />
    </Suspense>
  );
}

const root = createRootRoute({ component: Shell });
const start = createRoute({ getParentRoute: () => root, path: "/", component: Start });
const reconcile = createRoute({ getParentRoute: () => root, path: "/reconcile", component: Reconcile });
const documents = createRoute({ getParentRoute: () => root, path: "/documents", component: Documents });
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: Settings });

const routeTree = root.addChildren([start, reconcile, documents, settings]);

/** A router of its own for each opening of a workspace, at the view where the user was in that company. */
export function makeRouter(company: number) {
  const start = recall(company).view ?? "/";
  const router = createRouter({ routeTree, history: createMemoryHistory({ initialEntries: [start] }) });
  router.subscribe("onResolved", ({ toLocation }) => {
    remember(company, { view: toLocation.pathname });
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
