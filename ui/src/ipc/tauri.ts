/** The backend over Tauri's IPC; the only file that names `@tauri-apps`. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend, Unsubscribe } from "./backend";

/** Subscribes at once and unsubscribes even when the listener was not yet registered. */
function subscribe<T>(event: string, listener: (payload: T) => void, onReady?: () => void): Unsubscribe {
  const registered = listen<T>(event, (message) => listener(message.payload));
  // A shell that denies the event leaves the window usable: the views also ask for the state by themselves.
  registered.catch(() => undefined).then(onReady);
  return () => {
    registered.then((stop) => stop()).catch(() => undefined);
  };
}

/** Commands and events of the shell this window runs in. */
export const backend: Backend = {
  status: () => invoke("status"),
  createWorkspace: (passphrase) => invoke("create_workspace", { passphrase }),
  unlock: (passphrase) => invoke("unlock", { passphrase }),
  lock: () => invoke("lock"),
  resumeLog: () => invoke("resume_log"),
  saveSettings: (settings) => invoke("save_settings", { settings }),
  touch: () => invoke("touch"),
  listAccounts: () => invoke("list_accounts"),
  setLedgerAccount: (account, ledgerAccount) => invoke("set_ledger_account", { account, ledgerAccount }),
  listDocuments: (offset, limit) => invoke("list_documents", { offset, limit }),
  listFindings: (document) => invoke("list_findings", { document }),
  chooseFiles: (folder) => invoke("choose_files", { folder }),
  cancelImport: (job) => invoke("cancel_import", { job }),
  importState: () => invoke("import_state"),
  listTables: () => invoke("list_tables"),
  previewTable: (table, mapping) => invoke("preview_table", { table, mapping }),
  importTable: (table, mapping) => invoke("import_table", { table, mapping }),
  leaveTable: (table) => invoke("leave_table", { table }),
  openReview: (query, start, end) => invoke("open_review", { query, start, end }),
  reviewLines: (query) => invoke("review_lines", { query }),
  group: (view, group) => invoke("group", { view, group }),
  source: (line) => invoke("source", { line }),
  selection: (lines) => invoke("selection", { lines }),
  decide: (request) => invoke("decide", { request }),
  exportReconciliation: (account, month) => invoke("export_reconciliation", { account, month }),
  showExport: (path) => invoke("show_export", { path }),
  connectWorkspace: ({ server, key, certificate, passphrase }) =>
    invoke("connect_workspace", { server, key, certificate, passphrase }),
  chooseCertificate: () => invoke("choose_certificate"),
  syncNow: () => invoke("sync_now"),
  syncState: () => invoke("sync_state"),
  listConflicts: () => invoke("list_conflicts"),
  dismissConflict: (key) => invoke("dismiss_conflict", { key }),
  signIn: (key) => invoke("sign_in", { key }),
  signOut: () => invoke("sign_out"),
  onImportProgress: (listener, onReady) => subscribe("import-progress", listener, onReady),
  onWorkspaceChanged: (listener) => subscribe("workspace-changed", listener),
  onSyncChanged: (listener, onReady) => subscribe("sync-changed", listener, onReady),
  onDragState: (listener) => subscribe("drag-state", listener),
};
