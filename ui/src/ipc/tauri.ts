/** The backend over Tauri's IPC; the only file that names `@tauri-apps`. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend, Office, Unsubscribe } from "./backend";
import type { ImportProgress } from "./generated/ImportProgress";

/** Subscribes at once and unsubscribes even when the listener was not yet registered. */
function subscribe<T>(event: string, listener: (payload: T) => void, onReady?: () => void): Unsubscribe {
  const registered = listen<T>(event, (message) => listener(message.payload));
  // A shell that denies the event leaves the window usable: the views also ask for the state by themselves.
  registered.catch(() => undefined).then(onReady);
  return () => {
    registered.then((stop) => stop()).catch(() => undefined);
  };
}

/** An event of one company. */
interface Told<T> {
  company: number;
  said: T;
}

/** Commands and events of one company: it is named in each question, and events of the others are not heard. */
export function backendFor(company: number): Backend {
  const ask = <T>(command: string, more: Record<string, unknown> = {}): Promise<T> =>
    invoke(command, { ...more, company });
  const hear = <T>(event: string, listener: (said: T) => void, onReady?: () => void) =>
    subscribe<Told<T>>(
      event,
      (told) => {
        if (told.company === company) {
          listener(told.said);
        }
      },
      onReady,
    );
  return {
    company,
    status: () => ask("status"),
    createWorkspace: (passphrase) => ask("create_workspace", { passphrase }),
    unlock: (passphrase) => ask("unlock", { passphrase }),
    lock: () => ask("lock"),
    resumeLog: () => ask("resume_log"),
    saveSettings: (settings) => ask("save_settings", { settings }),
    listAccounts: () => ask("list_accounts"),
    setLedgerAccount: (account, ledgerAccount) => ask("set_ledger_account", { account, ledgerAccount }),
    listDocuments: (offset, limit) => ask("list_documents", { offset, limit }),
    listFindings: (document) => ask("list_findings", { document }),
    chooseFiles: (folder) => ask("choose_files", { folder }),
    cancelImport: (job) => ask("cancel_import", { job }),
    importState: () => ask("import_state"),
    listTables: () => ask("list_tables"),
    previewTable: (table, mapping) => ask("preview_table", { table, mapping }),
    importTable: (table, mapping) => ask("import_table", { table, mapping }),
    leaveTable: (table) => ask("leave_table", { table }),
    openReview: (query, start, end) => ask("open_review", { query, start, end }),
    reviewLines: (query) => ask("review_lines", { query }),
    group: (view, group) => ask("group", { view, group }),
    source: (line) => ask("source", { line }),
    selection: (lines) => ask("selection", { lines }),
    decide: (request) => ask("decide", { request }),
    exportReconciliation: (account, month) => ask("export_reconciliation", { account, month }),
    showExport: (path) => ask("show_export", { path }),
    connectWorkspace: ({ server, key, certificate, membership, passphrase }) =>
      ask("connect_workspace", { server, key, certificate, membership, passphrase }),
    listMemberships: ({ server, key, certificate }) => ask("list_memberships", { server, key, certificate }),
    beginSignIn: (server, certificate) => ask("begin_sign_in", { server, certificate }),
    finishSignIn: () => ask("finish_sign_in"),
    cancelSignIn: () => ask("cancel_sign_in"),
    connectSignedIn: (membership, passphrase) => ask("connect_signed_in", { membership, passphrase }),
    takeSignIn: () => ask("take_sign_in"),
    chooseCertificate: () => ask("choose_certificate"),
    syncNow: () => ask("sync_now"),
    syncState: () => ask("sync_state"),
    listConflicts: () => ask("list_conflicts"),
    dismissConflict: (key) => ask("dismiss_conflict", { key }),
    signIn: (key) => ask("sign_in", { key }),
    signOut: () => ask("sign_out"),
    onImportProgress: (listener, onReady) => hear("import-progress", listener, onReady),
    onWorkspaceChanged: (listener) => hear("workspace-changed", listener),
    onSyncChanged: (listener, onReady) => hear("sync-changed", listener, onReady),
    onDragState: (listener) => hear("drag-state", listener),
  };
}

/** What concerns all companies of the window. */
export const office: Office = {
  list: () => invoke("list_companies"),
  show: (company) => invoke("show_company", { company }),
  add: () => invoke("add_company"),
  putBack: (folder) => invoke("put_back_company", { folder }),
  label: (company, label) => invoke("label_company", { company, label }),
  remove: (company) => invoke("remove_company", { company }),
  lockAll: () => invoke("lock_all"),
  touch: () => invoke("touch"),
  onChanged: (listener, onReady) => subscribe("companies-changed", listener, onReady),
  onImportProgress: (listener) =>
    subscribe<Told<ImportProgress>>("import-progress", ({ company, said }) => listener(company, said)),
};
