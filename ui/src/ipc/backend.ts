/**
 * The one seam between the window and Rust: what the window may ask, one function per command.
 *
 * Deliberately absent: file, network and shell access, and any value that must stay in Rust.
 */
import type { AccountView } from "./generated/AccountView";
import type { CertificateView } from "./generated/CertificateView";
import type { CompaniesView } from "./generated/CompaniesView";
import type { ConflictView } from "./generated/ConflictView";
import type { DecisionRequest } from "./generated/DecisionRequest";
import type { DecisionView } from "./generated/DecisionView";
import type { DocumentsView } from "./generated/DocumentsView";
import type { ExportView } from "./generated/ExportView";
import type { FindingView } from "./generated/FindingView";
import type { GroupView } from "./generated/GroupView";
import type { ImportProgress } from "./generated/ImportProgress";
import type { LineRef } from "./generated/LineRef";
import type { LinesQuery } from "./generated/LinesQuery";
import type { MembershipView } from "./generated/MembershipView";
import type { OpenedReview } from "./generated/OpenedReview";
import type { ReviewLine } from "./generated/ReviewLine";
import type { ReviewQuery } from "./generated/ReviewQuery";
import type { SelectionView } from "./generated/SelectionView";
import type { SettingsView } from "./generated/SettingsView";
import type { SignInView } from "./generated/SignInView";
import type { SourceView } from "./generated/SourceView";
import type { StatusView } from "./generated/StatusView";
import type { SyncView } from "./generated/SyncView";
import type { TableMapping } from "./generated/TableMapping";
import type { TablePreview } from "./generated/TablePreview";
import type { TableView } from "./generated/TableView";

/** What the drop of files looks like from the window. */
export interface DragState {
  /** Whether files hang over the window. */
  over: boolean;
}

/** What connecting to a company takes. */
export interface ConnectRequest {
  server: string;
  /** Handed over once; it never comes back. */
  key: string;
  /** Whether to trust the certificate that was chosen instead of the system's. */
  certificate: boolean;
  /** Which company, where the key is for several. */
  membership: string | null;
  /** `null` keeps the workspace's key in the keychain. */
  passphrase: string | null;
}

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** Commands and events of one company. Every rejection is an `ErrorView`; see `toErrorView`. */
export interface Backend {
  /** The company that is asked, whichever is shown by then. */
  readonly company: number;
  status(): Promise<StatusView>;
  createWorkspace(passphrase: string | null): Promise<StatusView>;
  unlock(passphrase: string | null): Promise<StatusView>;
  lock(): Promise<StatusView>;
  /** Goes on with a log that does not continue its last checkpoint; both stay in it. */
  resumeLog(): Promise<StatusView>;
  saveSettings(settings: SettingsView): Promise<SettingsView>;
  listAccounts(): Promise<AccountView[]>;
  setLedgerAccount(account: number, ledgerAccount: string): Promise<AccountView[]>;
  listDocuments(offset: number, limit: number): Promise<DocumentsView>;
  listFindings(document: number): Promise<FindingView[]>;
  chooseFiles(folder: boolean): Promise<number | null>;
  cancelImport(job: number): Promise<void>;
  importState(): Promise<ImportProgress | null>;
  listTables(): Promise<TableView[]>;
  /** `null` reads it with the suggested mapping. */
  previewTable(table: number, mapping: TableMapping | null): Promise<TablePreview>;
  /** Answers when it is imported, with the tables that still wait. */
  importTable(table: number, mapping: TableMapping): Promise<TableView[]>;
  leaveTable(table: number): Promise<TableView[]>;
  /** Opens a list and brings its lines from `start` up to, not including, `end`. */
  openReview(query: ReviewQuery, start: number, end: number): Promise<OpenedReview>;
  reviewLines(query: LinesQuery): Promise<ReviewLine[]>;
  group(view: number, group: number): Promise<GroupView>;
  source(line: LineRef): Promise<SourceView>;
  selection(lines: LineRef[]): Promise<SelectionView>;
  decide(request: DecisionRequest): Promise<DecisionView>;
  exportReconciliation(account: number, month: string | null): Promise<ExportView>;
  showExport(path: string): Promise<void>;
  connectWorkspace(request: ConnectRequest): Promise<StatusView>;
  /** The companies of whoever has a key. */
  listMemberships(request: Pick<ConnectRequest, "server" | "key" | "certificate">): Promise<MembershipView[]>;
  /** Opens the browser for a person to sign in; `null` is the service of the open workspace. */
  beginSignIn(server: string | null, certificate: boolean): Promise<SignInView>;
  /** Answers when the person has signed in, with the companies to choose from. */
  finishSignIn(): Promise<MembershipView[]>;
  cancelSignIn(): Promise<void>;
  /** Makes a workspace of who has signed in. */
  connectSignedIn(membership: string | null, passphrase: string | null): Promise<StatusView>;
  /** Goes on with the open workspace as who has signed in. */
  takeSignIn(): Promise<SyncView>;
  /** Asks for a file by the system's dialog; `null` when nothing was chosen. */
  chooseCertificate(): Promise<CertificateView | null>;
  /** Asks for a sync; how it goes comes by events. */
  syncNow(): Promise<SyncView>;
  syncState(): Promise<SyncView>;
  listConflicts(): Promise<ConflictView[]>;
  /** Keeps what stands in the way; answers with the conflicts that are left. */
  dismissConflict(key: string): Promise<ConflictView[]>;
  signIn(key: string): Promise<SyncView>;
  signOut(): Promise<SyncView>;
  /** `onReady` is called when no event is missed any more; what was before is asked for then. */
  onImportProgress(listener: (progress: ImportProgress) => void, onReady: () => void): Unsubscribe;
  onWorkspaceChanged(listener: (status: StatusView) => void): Unsubscribe;
  /** `onReady` as for imports. */
  onSyncChanged(listener: (sync: SyncView) => void, onReady: () => void): Unsubscribe;
  onDragState(listener: (state: DragState) => void): Unsubscribe;
}

/** What concerns all companies of the window. What changes is told by the event, and by nothing else. */
export interface Office {
  list(): Promise<CompaniesView>;
  /** Shows another company. */
  show(company: number): Promise<void>;
  /** Makes room for one more company and shows it. */
  add(): Promise<void>;
  /** Puts a company back that was taken off the list, and shows it. */
  putBack(folder: string): Promise<void>;
  /** What a company is called while it is locked. */
  label(company: number, label: string): Promise<void>;
  /** Takes a company off the list; its data stay. */
  remove(company: number): Promise<void>;
  lockAll(): Promise<void>;
  /** Somebody is there. */
  touch(): Promise<void>;
  /** `onReady` as for imports. */
  onChanged(listener: (companies: CompaniesView) => void, onReady: () => void): Unsubscribe;
  /** Imports of every company. */
  onImportProgress(listener: (company: number, progress: ImportProgress) => void): Unsubscribe;
}
