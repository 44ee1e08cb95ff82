//! Tables from banks: nothing is stored before a person has said what the columns mean, and it is asked once.

use attest_desk::{
    Desk, DeskError,
    import::FileReport,
    view::{ColumnRole, ImportStatus, TableKind, TableMapping, TablePreview, TableQuestion},
};
use std::path::PathBuf;

const ACCOUNT: &str = "8327-9 123 456 789-0";

struct Scene {
    desk: Desk,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
        desk.create_workspace(Some(crate::office::PASSPHRASE.to_owned())).await.unwrap();
        Self { desk, folder }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Imports as the window does; gives the status of each file.
    async fn drop_in(&self, files: &[PathBuf]) -> Vec<&'static str> {
        let reports = self.desk.import_asking(files, &self.desk.watch_import()).await.unwrap();
        reports.iter().map(|report| report.status).collect()
    }

    async fn waiting(&self) -> Vec<String> {
        self.desk.list_tables().await.unwrap().into_iter().map(|table| table.name).collect()
    }

    async fn first(&self) -> TablePreview {
        let tables = self.desk.list_tables().await.unwrap();
        self.desk.preview_table(tables[0].table, None).await.unwrap()
    }

    async fn confirm(
        &self,
        preview: &TablePreview,
        mapping: TableMapping,
    ) -> Result<Vec<FileReport>, DeskError> {
        self.desk.import_table(preview.table, mapping, &self.desk.watch_import()).await
    }

    /// Confirms the first waiting table for an account.
    async fn confirm_for(&self, account: &str) -> Vec<FileReport> {
        let preview = self.first().await;
        let mapping = TableMapping { account: Some(account.to_owned()), ..preview.mapping.clone() };
        self.confirm(&preview, mapping).await.unwrap()
    }

    async fn documents(&self) -> Vec<String> {
        self.desk.list_documents(0, 100).await.unwrap().rows.into_iter().map(|row| row.name).collect()
    }

    /// Codes of the remarks about a document.
    async fn codes(&self, name: &str) -> Vec<String> {
        let rows = self.desk.list_documents(0, 100).await.unwrap().rows;
        let document = rows.iter().find(|row| row.name == name).unwrap();
        self.desk.list_findings(document.id).await.unwrap().into_iter().map(|finding| finding.code).collect()
    }
}

/// A month with a balance that begins at `opening` and goes up by 100 a day, three days.
fn month(number: u32, opening: i64) -> String {
    let mut text = "Bokföringsdag;Valutadag;Belopp;Rubrik;Saldo\n".to_owned();
    for day in 1..=3_i64 {
        let balance = opening + day * 100;
        text +=
            &format!("2024-{number:02}-{day:02};2024-{number:02}-{day:02};100,00;Kund {day};{balance},00\n");
    }
    text
}

#[tokio::test]
async fn a_table_is_stored_only_after_a_person_has_confirmed_it() {
    let scene = Scene::open().await;
    let table = scene.write("konto.csv", &month(1, 0));
    let other = scene.write("left.se", "#FLAGGA 0\n#SIETYP 4\n#FNAMN \"Provbolaget AB\"\n");
    assert_eq!(scene.drop_in(&[table.clone(), other]).await, ["waiting", "new"]);
    assert_eq!(scene.documents().await, ["left.se"]);
    let progress = scene.desk.import_state().unwrap();
    assert_eq!(progress.results[0].status, ImportStatus::Waiting);

    let preview = scene.first().await;
    assert_eq!((preview.question, preview.like.as_deref()), (TableQuestion::New, None));
    assert_eq!(preview.need.as_deref(), Some("account"));
    assert_eq!(preview.header, ["Bokföringsdag", "Valutadag", "Belopp", "Rubrik", "Saldo"]);
    use ColumnRole::{Amount, Balance, Booked, Text, Valued};
    assert_eq!(preview.mapping.columns, [Booked, Valued, Amount, Text, Balance].map(Some));
    assert_eq!(preview.rows[0].amount.as_deref(), Some("100.00"));
    assert_eq!(preview.rows[0].cells[3], "Kund 1");

    let refused = scene.confirm(&preview, preview.mapping.clone()).await.unwrap_err();
    assert!(matches!(refused, DeskError::Argument { .. }), "{refused}");
    assert_eq!(scene.waiting().await, ["konto.csv"], "a refused answer loses nothing");

    let reports = scene.confirm_for(ACCOUNT).await;
    assert_eq!((reports[0].status, reports[0].entries), ("new", 3));
    assert!(scene.waiting().await.is_empty());
    assert_eq!(scene.codes("konto.csv").await, Vec::<String>::new());
    assert_eq!(scene.drop_in(&[table]).await, ["already-here"], "what is here is not asked about");
}

#[tokio::test]
async fn the_next_month_comes_in_without_a_question_and_says_why_also_after_a_rebuild() {
    let scene = Scene::open().await;
    scene.drop_in(&[scene.write("january.csv", &month(1, 0))]).await;
    scene.confirm_for(ACCOUNT).await;
    assert_eq!(scene.drop_in(&[scene.write("february.csv", &month(2, 300))]).await, ["new"]);
    assert_eq!(scene.codes("february.csv").await, ["csv.mapping_known"]);
    assert_eq!(scene.desk.list_accounts().await.unwrap().len(), 1);

    scene.desk.rebuild().await.unwrap();
    assert_eq!(scene.codes("february.csv").await, ["csv.mapping_known"]);
    assert_eq!(scene.codes("january.csv").await, Vec::<String>::new());
    assert_eq!(scene.drop_in(&[scene.write("march.csv", &month(3, 600))]).await, ["new"]);
}

#[tokio::test]
async fn a_second_account_of_the_same_bank_is_asked_about_and_then_known_too() {
    let scene = Scene::open().await;
    scene.drop_in(&[scene.write("a1.csv", &month(1, 0))]).await;
    scene.confirm_for(ACCOUNT).await;
    assert_eq!(scene.drop_in(&[scene.write("b1.csv", &month(1, 50_000))]).await, ["waiting"]);
    let preview = scene.first().await;
    assert_eq!((preview.question, preview.like.as_deref()), (TableQuestion::Balance, Some("a1.csv")));
    assert_eq!(preview.mapping.account.as_deref(), Some(ACCOUNT));
    assert_eq!(preview.accounts[0].currency, "SEK");
    scene.confirm_for("9999-1 2").await;
    assert_eq!(scene.desk.list_accounts().await.unwrap().len(), 2);

    let files = [scene.write("a2.csv", &month(2, 300)), scene.write("b2.csv", &month(2, 50_300))];
    assert_eq!(scene.drop_in(&files).await, ["new", "new"]);
    let accounts = scene.desk.list_accounts().await.unwrap();
    assert!(accounts.iter().all(|account| account.months.len() == 2), "{accounts:?}");
}

#[tokio::test]
async fn one_answer_settles_the_other_months_of_the_same_batch() {
    let scene = Scene::open().await;
    let files = [3, 1, 2].map(|number: u32| {
        scene.write(&format!("m{number}.csv"), &month(number, i64::from(number - 1) * 300))
    });
    assert_eq!(scene.drop_in(&files).await, ["waiting", "waiting", "waiting"]);
    let stranger = scene.write("other.csv", &month(1, 70_000));
    scene.drop_in(&[stranger]).await;
    let reports = scene.confirm_for(ACCOUNT).await;
    assert_eq!(reports.iter().filter(|report| report.status == "new").count(), 3, "{reports:?}");
    assert_eq!(scene.waiting().await, ["other.csv"]);
}

#[tokio::test]
async fn a_file_that_names_its_account_is_known_by_it() {
    let scene = Scene::open().await;
    let named = |account: &str, day: u32| {
        format!(
            "Datum;Konto;Belopp;Text\n2024-01-{day:02};{account};10,00;Kund\n2024-01-{day:02};{account};5,00;Kund\n"
        )
    };
    scene.drop_in(&[scene.write("a.csv", &named("1111", 1))]).await;
    let preview = scene.first().await;
    assert_eq!((preview.need.as_deref(), preview.mapping.account.as_deref()), (None, Some("1111")));
    scene.confirm(&preview, preview.mapping.clone()).await.unwrap();
    assert_eq!(scene.drop_in(&[scene.write("b.csv", &named("1111", 1).replace("Kund", "K"))]).await, ["new"]);
    assert_eq!(scene.drop_in(&[scene.write("c.csv", &named("2222", 2))]).await, ["waiting"]);
    let preview = scene.first().await;
    assert_eq!(preview.question, TableQuestion::Account);
    assert_eq!(preview.mapping.account.as_deref(), Some("2222"), "the file's own word counts");
}

#[tokio::test]
async fn columns_with_unknown_names_are_suggested_and_corrected_by_choice() {
    let scene = Scene::open().await;
    let text =
        "export 7\nWhen;What for;How much;Left\n03/04/2024;Rent;1,234.50-;10.00\n04/04/2024;Fee;x;9.00\n";
    assert_eq!(scene.drop_in(&[scene.write("odd.csv", text)]).await, ["waiting"]);
    let preview = scene.first().await;
    assert_eq!((preview.mapping.skip_rows, preview.mapping.header), (1, true));
    assert_eq!(preview.doubt.as_deref(), Some("MM/DD/YYYY"));
    let mut mapping = TableMapping {
        account: Some("DK5000400440116243".to_owned()),
        currency: Some("dkk".to_owned()),
        date_format: "MM/DD/YYYY".to_owned(),
        decimal: ".".to_owned(),
        thousands: Some(",".to_owned()),
        columns: vec![
            Some(ColumnRole::Booked),
            Some(ColumnRole::Text),
            Some(ColumnRole::Amount),
            Some(ColumnRole::Balance),
        ],
        ..preview.mapping.clone()
    };
    let look = |mapping: &TableMapping| scene.desk.preview_table(preview.table, Some(mapping.clone()));
    let seen = look(&mapping).await.unwrap();
    assert_eq!(seen.need.as_deref(), None, "{:?}", seen.need_message);
    assert_eq!(seen.rows[0].booked.as_deref(), Some("2024-03-04"));
    assert_eq!(
        (seen.rows[0].amount.as_deref(), seen.rows[0].currency.as_deref()),
        (Some("-1234.50"), Some("DKK"))
    );
    let problem = seen.rows[1].problem.clone().unwrap();
    assert_eq!((problem.code.as_str(), problem.value.as_str()), ("amount.unreadable", "x"));
    assert_eq!((seen.read, seen.unread_count, seen.unread[0].line), (1, 1, 4));

    mapping.account = Some("DK5100400440116243".to_owned());
    assert_eq!(look(&mapping).await.unwrap().need.as_deref(), Some("account.check_digit"));
    mapping.currency = Some("krone".to_owned());
    mapping.account = Some("1".to_owned());
    assert_eq!(look(&mapping).await.unwrap().need.as_deref(), Some("currency.unknown"));
    mapping.columns[2] = None;
    assert_eq!(look(&mapping).await.unwrap().need.as_deref(), Some("amount"));
    mapping.kind = TableKind::Ledger;
    mapping.columns[0] = None;
    assert_eq!(look(&mapping).await.unwrap().need.as_deref(), Some("booked"));
}

#[tokio::test]
async fn a_table_left_out_or_changed_leaves_nothing_behind() {
    let scene = Scene::open().await;
    let table = scene.write("konto.csv", &month(1, 0));
    let log = scene.desk.status().await.unwrap().log_size;
    scene.drop_in(std::slice::from_ref(&table)).await;
    let preview = scene.first().await;
    scene.write("konto.csv", &month(1, 7));
    let mapping = TableMapping { account: Some("1".to_owned()), ..preview.mapping.clone() };
    let refused = scene.confirm(&preview, mapping).await.unwrap_err();
    assert_eq!(refused.code(), "table.changed");
    assert!(scene.desk.leave_table(preview.table).await.unwrap().is_empty());
    assert!(scene.documents().await.is_empty());
    assert_eq!(scene.desk.status().await.unwrap().log_size, log);
    scene.drop_in(&[table]).await;
    scene.desk.lock("asked").await.unwrap();
    scene.desk.unlock(Some(crate::office::PASSPHRASE.to_owned())).await.unwrap();
    assert!(scene.waiting().await.is_empty(), "nothing in clear survives the lock");
}
