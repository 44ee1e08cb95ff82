//! Tables that wait for a person to say what their columns mean: preview, import, leaving out.
//!
//! A waiting table is a path and a suggested mapping in memory; it goes when the workspace is locked. Nothing of its
//! content is stored before it is imported.

use super::{
    How,
    ask::{Judgement, Question, judge},
    load_file, mapped,
    report::FileReport,
    watch::Watch,
};
use crate::{
    Desk, Session,
    error::DeskError,
    view::{TableAccountView, TableMapping, TablePreview, TableView},
    workspace::blocking,
};
use attest_domain::{Digest, Finding, Severity, said};
use attest_formats::csv::{self, Mapping};
use sha2::{Digest as _, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The tables that wait in a session.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    last: u32,
    waiting: Vec<Table>,
    /// The file looked at last, so that a correction does not read it again.
    loaded: Option<(u32, Arc<Vec<u8>>)>,
}

/// A file whose columns are not known.
#[derive(Clone, Debug)]
struct Table {
    table: u32,
    path: PathBuf,
    name: String,
    bytes: u64,
    sha256: Digest,
    question: Question,
}

impl Tables {
    /// Puts a file aside; the same bytes wait once.
    pub(super) fn set_aside(
        &mut self,
        path: &Path,
        name: &str,
        bytes: u64,
        sha256: Digest,
        question: Question,
    ) {
        self.waiting.retain(|table| table.sha256 != sha256);
        self.last += 1;
        self.waiting.push(Table {
            table: self.last,
            path: path.to_owned(),
            name: name.to_owned(),
            bytes,
            sha256,
            question,
        });
    }

    fn find(&self, table: u32) -> Result<Table, DeskError> {
        let found = self.waiting.iter().find(|one| one.table == table).cloned();
        found.ok_or_else(|| DeskError::Unknown { what: "waiting table", name: table.to_string() })
    }

    fn remove(&mut self, table: u32) {
        self.waiting.retain(|one| one.table != table);
        self.loaded = None;
    }

    fn views(&self) -> Vec<TableView> {
        let view = |one: &Table| TableView { table: one.table, name: one.name.clone(), bytes: one.bytes };
        self.waiting.iter().map(view).collect()
    }
}

impl Session {
    fn tables(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.tables.lock().expect("no holder panics")
    }
}

impl Desk {
    /// The tables that wait, in the order they came.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn list_tables(&self) -> Result<Vec<TableView>, DeskError> {
        Ok(self.session().await?.tables().views())
    }

    /// The first rows of a waiting table, read with a mapping or with the suggested one.
    ///
    /// A mapping that reads nothing is no error: the preview says what is needed.
    ///
    /// # Errors
    /// [`DeskError::Unknown`] for a table that does not wait, [`DeskError::FileChanged`], [`DeskError::Document`]
    /// when the file cannot be read any more.
    pub async fn preview_table(
        &self,
        table: u32,
        mapping: Option<TableMapping>,
    ) -> Result<TablePreview, DeskError> {
        let session = self.session().await?;
        let waiting = session.tables().find(table)?;
        let bytes = load_table(&session, &waiting).await?;
        let accounts = session.cache.list_accounts().await?;
        let question = waiting.question.clone();
        let mut preview =
            blocking(move || mapped::preview(&bytes, mapping.as_ref(), &question.mapping)).await??;
        preview.table = table;
        preview.name = waiting.name;
        preview.question = waiting.question.why;
        preview.like = waiting.question.like;
        preview.doubt = waiting.question.doubt;
        preview.accounts = accounts
            .iter()
            .filter_map(|account| {
                Some(TableAccountView {
                    number: account.iban.clone().or_else(|| account.number.clone())?,
                    name: account.name.clone().unwrap_or_default(),
                    currency: account.currency.clone(),
                })
            })
            .collect();
        Ok(preview)
    }

    /// Imports a waiting table with the mapping a person confirmed, then whatever else waits and is settled by that
    /// answer.
    ///
    /// # Errors
    /// As [`Desk::preview_table`]; [`DeskError::Argument`] for a mapping that lacks something.
    pub async fn import_table(
        &self,
        table: u32,
        mapping: TableMapping,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let session = self.session().await?;
        let waiting = session.tables().find(table)?;
        session.tables().loaded = None;
        let bytes = load_table(&session, &waiting).await?;
        let confirmed = blocking(move || mapped::confirm(&bytes, &mapping)).await??;
        session.tables().remove(table);
        let outcome = self.import_confirmed(&session, &waiting, confirmed, watch).await;
        if outcome.is_err() {
            // Nothing of it is kept, so the answer can be given again.
            session.tables().waiting.insert(0, waiting);
        }
        watch.update(|progress| {
            progress.finished = true;
            progress.matching = false;
        });
        outcome
    }

    async fn import_confirmed(
        &self,
        session: &Arc<Session>,
        waiting: &Table,
        confirmed: Mapping,
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        let expect = |table: &Table| {
            watch.update(|progress| {
                progress.files_total += 1;
                progress.bytes_total += table.bytes;
            });
        };
        let toml = confirmed.to_toml();
        let mut alike = list_alike(session, waiting, &confirmed).await?;
        expect(waiting);
        let files = std::slice::from_ref(&waiting.path);
        let how = How::Mapping(&confirmed, &toml);
        let mut reports = self.import_each(session, files, how, watch).await?;
        // Each file that is settled may settle the one before or behind it.
        while !watch.stopped()
            && let Some(next) = find_settled(session, &mut alike).await?
        {
            session.tables().remove(next.table);
            expect(&next);
            let files = std::slice::from_ref(&next.path);
            reports.extend(self.import_each(session, files, How::Ask, watch).await?);
        }
        if reports.iter().any(|report| report.status == "new") {
            self.match_imported(session, watch).await?;
        }
        Ok(reports)
    }

    /// Leaves a waiting table out. Nothing of it was stored, so nothing is logged.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn leave_table(&self, table: u32) -> Result<Vec<TableView>, DeskError> {
        let session = self.session().await?;
        let mut tables = session.tables();
        tables.remove(table);
        Ok(tables.views())
    }

    /// Imports files as the window does: tables whose columns nobody has confirmed are put aside, the others come in
    /// at once.
    ///
    /// # Errors
    /// As [`Desk::import`].
    pub async fn import_asking(
        &self,
        files: &[PathBuf],
        watch: &Arc<Watch>,
    ) -> Result<Vec<FileReport>, DeskError> {
        self.import_all(files, How::Ask, watch).await
    }
}

/// The other tables that wait and have the same header.
async fn list_alike(
    session: &Session,
    confirmed: &Table,
    mapping: &Mapping,
) -> Result<Vec<Table>, DeskError> {
    let header = csv::header_of(&load_table(session, confirmed).await?, mapping);
    let waiting = session.tables().waiting.clone();
    let mut alike = Vec::new();
    for table in waiting {
        // One that changed or vanished keeps waiting; whoever looks at it is told.
        let Ok(bytes) = load_table(session, &table).await else { continue };
        if header.is_some() && csv::header_of(&bytes, mapping) == header {
            alike.push(table);
        }
    }
    Ok(alike)
}

/// Takes the first table that needs no question any more.
async fn find_settled(session: &Session, alike: &mut Vec<Table>) -> Result<Option<Table>, DeskError> {
    for at in 0..alike.len() {
        let Ok(bytes) = load_table(session, &alike[at]).await else { continue };
        if let Some(Judgement::Known(..)) = judge(session, &bytes, alike[at].sha256).await? {
            return Ok(Some(alike.remove(at)));
        }
    }
    Ok(None)
}

/// The file, if it is still what was looked at first.
async fn load_table(session: &Session, table: &Table) -> Result<Arc<Vec<u8>>, DeskError> {
    let loaded = session.tables().loaded.clone();
    if let Some((of, bytes)) = loaded
        && of == table.table
    {
        return Ok(bytes);
    }
    let bytes = Arc::new(load_file(&table.path).await??);
    let hashed = bytes.clone();
    let digest = blocking(move || Digest(Sha256::digest(hashed.as_slice()).into())).await?;
    if digest != table.sha256 {
        return Err(DeskError::FileChanged(table.name.clone()));
    }
    session.tables().loaded = Some((table.table, bytes.clone()));
    Ok(bytes)
}

/// The remark that another document was read through the same mapping.
pub(super) fn like_finding(name: &str) -> Finding {
    let text = said!("Read through the mapping that {document} was read with.", document = name);
    Finding::new("csv.mapping_known", Severity::Info, text)
}
