//! The window's commands: decode, forward to the desk, answer. Nothing else.
//!
//! Names are declared in `command_names.rs` and granted in `capabilities/main.json`.

use crate::{
    companies::Companies,
    dialog,
    guard::{error_view, guarded},
    reveal,
    shell::Shell,
    window,
};
use attest_desk::{
    Desk, DeskError,
    view::{
        AccountView, CertificateView, CompaniesView, ConflictView, DecisionRequest, DecisionView,
        DocumentsView, ErrorView, ExportView, FindingView, GroupView, ImportProgress, LineRef, LinesQuery,
        MembershipView, OpenedReview, ReviewLine, ReviewQuery, SelectionView, SettingsView, SignInView,
        SourceView, StatusView, SyncView, TableMapping, TablePreview, TableView,
    },
};
use std::future::Future;
use tauri::State;

type Answer<T> = Result<T, ErrorView>;

/// Forwards one call to the desk.
async fn ask<T, W>(shell: &Shell, call: impl FnOnce(Desk) -> W + Send + 'static) -> Answer<T>
where
    T: Send + 'static,
    W: Future<Output = Result<T, DeskError>>,
{
    let desk = shell.desk().clone();
    guarded(move || async move { call(desk).await.map_err(|error| error.view()) }).await
}

#[tauri::command]
pub(crate) async fn status(shell: Shell) -> Answer<StatusView> {
    ask(&shell, move |desk| async move { desk.status().await }).await
}

#[tauri::command]
pub(crate) async fn create_workspace(shell: Shell, passphrase: Option<String>) -> Answer<StatusView> {
    shell.change(ask(&shell, move |desk| async move { desk.create_workspace(passphrase).await })).await
}

#[tauri::command]
pub(crate) async fn unlock(shell: Shell, passphrase: Option<String>) -> Answer<StatusView> {
    shell.change(ask(&shell, move |desk| async move { desk.unlock(passphrase).await })).await
}

#[tauri::command]
pub(crate) async fn lock(shell: Shell) -> Answer<StatusView> {
    shell.lock("asked").await
}

#[tauri::command]
pub(crate) async fn lock_all(companies: State<'_, Companies>) -> Answer<()> {
    companies.lock_all("asked").await
}

#[tauri::command]
pub(crate) async fn list_companies(companies: State<'_, Companies>) -> Answer<CompaniesView> {
    Ok(companies.view())
}

#[tauri::command]
pub(crate) async fn show_company(companies: State<'_, Companies>, shell: Shell) -> Answer<()> {
    companies.show(shell.id())
}

#[tauri::command]
pub(crate) async fn add_company(companies: State<'_, Companies>) -> Answer<()> {
    companies.add().await
}

#[tauri::command]
pub(crate) async fn put_back_company(companies: State<'_, Companies>, folder: String) -> Answer<()> {
    companies.put_back(folder).await
}

#[tauri::command]
pub(crate) async fn label_company(
    companies: State<'_, Companies>,
    shell: Shell,
    label: String,
) -> Answer<()> {
    companies.label(&shell, &label)
}

#[tauri::command]
pub(crate) async fn remove_company(companies: State<'_, Companies>, shell: Shell) -> Answer<()> {
    companies.remove(&shell).await
}

#[tauri::command]
pub(crate) async fn save_settings(shell: Shell, settings: SettingsView) -> Answer<SettingsView> {
    let saved = ask(&shell, move |desk| async move { desk.save_settings(settings) }).await?;
    shell.companies().save_settings(&saved, &shell);
    window::follow_theme(shell.app(), saved.theme);
    shell.refresh().await;
    Ok(saved)
}

/// A person goes on with a log that does not continue its last checkpoint.
#[tauri::command]
pub(crate) async fn resume_log(shell: Shell) -> Answer<StatusView> {
    let status = ask(&shell, move |desk| async move {
        desk.resume_log().await?;
        desk.status().await
    })
    .await?;
    shell.refresh().await;
    Ok(status)
}

#[tauri::command]
pub(crate) async fn touch(companies: State<'_, Companies>) -> Answer<()> {
    companies.touch();
    Ok(())
}

#[tauri::command]
pub(crate) async fn list_accounts(shell: Shell) -> Answer<Vec<AccountView>> {
    ask(&shell, move |desk| async move { desk.list_accounts().await }).await
}

#[tauri::command]
pub(crate) async fn set_ledger_account(
    shell: Shell,
    account: i64,
    ledger_account: String,
) -> Answer<Vec<AccountView>> {
    let accounts = ask(&shell, move |desk| async move {
        desk.set_ledger_account(account, &ledger_account).await?;
        desk.list_accounts().await
    })
    .await?;
    shell.refresh().await;
    Ok(accounts)
}

#[tauri::command]
pub(crate) async fn list_documents(shell: Shell, offset: u64, limit: u32) -> Answer<DocumentsView> {
    ask(&shell, move |desk| async move { desk.list_documents(offset, limit).await }).await
}

#[tauri::command]
pub(crate) async fn list_findings(shell: Shell, document: i64) -> Answer<Vec<FindingView>> {
    ask(&shell, move |desk| async move { desk.list_findings(document).await }).await
}

#[tauri::command]
pub(crate) async fn choose_files(shell: Shell, folder: bool) -> Answer<Option<u32>> {
    if !shell.is_open() {
        return Err(DeskError::Locked.view());
    }
    match dialog::choose(shell.app(), folder).await {
        Some(named) if !named.is_empty() => shell.import_chosen(named).map(Some),
        _ => Ok(None),
    }
}

#[tauri::command]
pub(crate) async fn cancel_import(shell: Shell, job: u32) -> Answer<()> {
    shell.desk().cancel_import(Some(job));
    Ok(())
}

#[tauri::command]
pub(crate) async fn import_state(shell: Shell) -> Answer<Option<ImportProgress>> {
    Ok(shell.desk().import_state())
}

#[tauri::command]
pub(crate) async fn list_tables(shell: Shell) -> Answer<Vec<TableView>> {
    ask(&shell, move |desk| async move { desk.list_tables().await }).await
}

#[tauri::command]
pub(crate) async fn preview_table(
    shell: Shell,
    table: u32,
    mapping: Option<TableMapping>,
) -> Answer<TablePreview> {
    ask(&shell, move |desk| async move { desk.preview_table(table, mapping).await }).await
}

#[tauri::command]
pub(crate) async fn import_table(shell: Shell, table: u32, mapping: TableMapping) -> Answer<Vec<TableView>> {
    shell.import_table(table, mapping).await
}

#[tauri::command]
pub(crate) async fn leave_table(shell: Shell, table: u32) -> Answer<Vec<TableView>> {
    ask(&shell, move |desk| async move { desk.leave_table(table).await }).await
}

#[tauri::command]
pub(crate) async fn open_review(
    shell: Shell,
    query: ReviewQuery,
    start: u32,
    end: u32,
) -> Answer<OpenedReview> {
    ask(&shell, move |desk| async move { desk.open_review_at(query, start..end).await }).await
}

#[tauri::command]
pub(crate) async fn review_lines(shell: Shell, query: LinesQuery) -> Answer<Vec<ReviewLine>> {
    ask(&shell, move |desk| async move { desk.review_lines(query).await }).await
}

#[tauri::command]
pub(crate) async fn group(shell: Shell, view: u32, group: i64) -> Answer<GroupView> {
    ask(&shell, move |desk| async move { desk.group(view, group).await }).await
}

#[tauri::command]
pub(crate) async fn source(shell: Shell, line: LineRef) -> Answer<SourceView> {
    ask(&shell, move |desk| async move { desk.source(line).await }).await
}

#[tauri::command]
pub(crate) async fn selection(shell: Shell, lines: Vec<LineRef>) -> Answer<SelectionView> {
    ask(&shell, move |desk| async move { desk.selection(lines).await }).await
}

#[tauri::command]
pub(crate) async fn decide(shell: Shell, request: DecisionRequest) -> Answer<DecisionView> {
    let done = ask(&shell, move |desk| async move { desk.decide(request).await }).await?;
    shell.refresh().await;
    Ok(done)
}

#[tauri::command]
pub(crate) async fn export_reconciliation(
    shell: Shell,
    account: i64,
    month: Option<String>,
) -> Answer<ExportView> {
    let written =
        ask(&shell, move |desk| async move { desk.export_reconciliation(account, month).await }).await?;
    shell.exported(&written.path);
    Ok(written)
}

#[tauri::command]
pub(crate) async fn show_export(shell: Shell, path: String) -> Answer<()> {
    let path = shell.find_exported(&path).ok_or_else(|| {
        error_view("export.unknown", "Only files exported since the program started can be shown.")
    })?;
    guarded(async move || {
        reveal::show_in_file_manager(&path).map_err(|error| {
            error_view("export.not_shown", format!("The file manager did not open: {error}"))
        })
    })
    .await
}

/// Makes a workspace that replicates a company's log. The key is handed over once and never comes back.
#[tauri::command]
pub(crate) async fn connect_workspace(
    shell: Shell,
    server: String,
    key: String,
    certificate: bool,
    membership: Option<String>,
    passphrase: Option<String>,
) -> Answer<StatusView> {
    shell.connect(server, key, certificate, membership, passphrase).await
}

/// The companies of whoever has a key.
#[tauri::command]
pub(crate) async fn list_memberships(
    shell: Shell,
    server: String,
    key: String,
    certificate: bool,
) -> Answer<Vec<MembershipView>> {
    shell.list_memberships(server, key, certificate).await
}

/// Opens the browser for a person to sign in: at a service, or at that of the open workspace.
#[tauri::command]
pub(crate) async fn begin_sign_in(
    shell: Shell,
    server: Option<String>,
    certificate: bool,
) -> Answer<SignInView> {
    shell.begin_sign_in(server, certificate).await
}

/// Waits until the person has signed in.
#[tauri::command]
pub(crate) async fn finish_sign_in(shell: Shell) -> Answer<Vec<MembershipView>> {
    shell.finish_sign_in().await
}

#[tauri::command]
pub(crate) async fn cancel_sign_in(shell: Shell) -> Answer<()> {
    shell.cancel_sign_in().await;
    Ok(())
}

/// Makes a workspace that replicates the log of a company of who has signed in.
#[tauri::command]
pub(crate) async fn connect_signed_in(
    shell: Shell,
    membership: Option<String>,
    passphrase: Option<String>,
) -> Answer<StatusView> {
    shell.connect_signed_in(membership, passphrase).await
}

/// Goes on with the open workspace as who has signed in.
#[tauri::command]
pub(crate) async fn take_sign_in(shell: Shell) -> Answer<SyncView> {
    shell.take_sign_in().await
}

/// Asks for the certificate of a service that the system does not know; `null` when nothing was chosen.
#[tauri::command]
pub(crate) async fn choose_certificate(shell: Shell) -> Answer<Option<CertificateView>> {
    match dialog::choose_file(shell.app()).await {
        Some(path) => shell.take_certificate(path).await.map(Some),
        None => Ok(None),
    }
}

#[tauri::command]
pub(crate) async fn sync_now(shell: Shell) -> Answer<SyncView> {
    ask(&shell, move |desk| async move { desk.ask_sync().await }).await
}

#[tauri::command]
pub(crate) async fn sync_state(shell: Shell) -> Answer<SyncView> {
    ask(&shell, move |desk| async move { desk.sync_state().await }).await
}

#[tauri::command]
pub(crate) async fn list_conflicts(shell: Shell) -> Answer<Vec<ConflictView>> {
    ask(&shell, move |desk| async move { desk.list_conflicts().await }).await
}

#[tauri::command]
pub(crate) async fn dismiss_conflict(shell: Shell, key: String) -> Answer<Vec<ConflictView>> {
    ask(&shell, move |desk| async move {
        desk.dismiss_conflict(&key).await?;
        desk.list_conflicts().await
    })
    .await
}

#[tauri::command]
pub(crate) async fn sign_in(shell: Shell, key: String) -> Answer<SyncView> {
    ask(&shell, move |desk| async move {
        desk.sign_in(key.into(), None).await?;
        desk.sync_state().await
    })
    .await
}

#[tauri::command]
pub(crate) async fn sign_out(shell: Shell) -> Answer<SyncView> {
    ask(&shell, move |desk| async move {
        desk.sign_out().await?;
        desk.sync_state().await
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    include!("../command_names.rs");

    fn capability() -> serde_json::Value {
        serde_json::from_str(include_str!("../capabilities/main.json")).unwrap()
    }

    fn config() -> serde_json::Value {
        serde_json::from_str(include_str!("../tauri.conf.json")).unwrap()
    }

    #[test]
    fn what_is_granted_is_what_is_declared_and_hearing_events() {
        let capability = capability();
        let granted: BTreeSet<_> = capability["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        let mut declared: BTreeSet<_> =
            COMMAND_NAMES.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
        declared.extend(["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()]);
        assert_eq!(granted, declared);
    }

    #[test]
    fn every_declared_command_has_a_handler_and_every_handler_is_declared() {
        let handlers: BTreeSet<_> = include_str!("commands.rs")
            .split("#[tauri::command]\n")
            .skip(1)
            .filter_map(|text| text.split_once("fn ")?.1.split_once('('))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(handlers, COMMAND_NAMES.iter().copied().collect());
        let main = include_str!("main.rs");
        for name in COMMAND_NAMES {
            assert!(main.contains(&format!("commands::{name},")), "{name} is not registered");
        }
    }

    #[test]
    fn a_command_is_of_a_named_company_or_of_all_and_never_of_the_one_that_is_shown() {
        let source = include_str!("commands.rs").split("#[cfg(test)]").next().unwrap();
        for text in source.split("#[tauri::command]\n").skip(1) {
            let (head, body) = text.split_once('{').unwrap();
            let named = head.contains("shell: Shell");
            assert!(named || head.contains("companies: State<'_, Companies>"), "{head}");
            assert!(!body.contains("shown()"), "{head}");
        }
    }

    #[test]
    fn the_capability_is_for_the_one_local_window_alone() {
        let capability = capability();
        assert_eq!(capability["windows"], serde_json::json!([crate::window::LABEL]));
        assert_eq!(capability["local"], true);
        for absent in ["remote", "webviews"] {
            assert!(capability.get(absent).is_none());
        }
        assert_eq!(
            config()["app"]["security"]["capabilities"],
            serde_json::json!([capability["identifier"]])
        );
    }

    #[test]
    fn the_policy_allows_nothing_from_elsewhere() {
        let security = &config()["app"]["security"];
        assert_eq!(security["freezePrototype"], true);
        assert_eq!(security["assetProtocol"]["enable"], false);
        assert!(security.get("dangerousDisableAssetCspModification").is_none());
        assert_eq!(config()["app"]["withGlobalTauri"], false);
        assert_eq!(config()["app"]["windows"], serde_json::json!([]), "windows are made in Rust only");
        let policy = security["csp"].as_object().unwrap();
        for closed in ["default-src", "object-src", "frame-src", "base-uri", "form-action", "frame-ancestors"]
        {
            assert_eq!(policy[closed], "'none'", "{closed}");
        }
        for own in ["script-src", "style-src", "font-src"] {
            assert_eq!(policy[own], "'self'", "{own}");
        }
        assert_eq!(policy["img-src"], "'self' data:");
        assert_eq!(policy["connect-src"], "ipc: http://ipc.localhost");
    }
}
