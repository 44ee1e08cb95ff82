//! The companies of this machine: which workspace folders there are, in which order, and what each is called while it
//! is locked.
//!
//! The list lies in clear in the program's folder for data, because it is read before anything is unlocked. So it says
//! nothing that comes out of a workspace: folders, whose names are made up, and words that a person chose for the list
//! (ADR 0025).
//! Invariants: a workspace in one of the places is in the list unless a person took it off; a list that is lost or
//! damaged is made again from the folders; no folder outside is ever entered.

use crate::{
    error::DeskError,
    workspace::{file_error, make_folder, write_whole},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const LIST_FILE: &str = "companies.json";
/// Where the only workspace lay before there could be several, and where the command line still looks.
pub const FIRST: &str = "workspace";
/// Folder of the others.
const OTHERS: &str = "companies";
/// Letters of a label; more do not fit where it is shown.
const LABEL_MAX: usize = 60;

/// One company of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its folder, below the home.
    pub folder: String,
    /// What a person calls it while it is locked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// Taken off the list; its data stay where they are.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub removed: bool,
}

/// The list as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Written {
    /// Folder of the company that was shown last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shown: Option<String>,
    companies: Vec<Place>,
}

/// The folder that holds the workspaces of this machine, and their list.
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    list: Written,
}

impl Home {
    /// Reads the list, and what lies in the folders. Never empty: where there is nothing, it names the place of the
    /// first workspace.
    #[must_use]
    pub fn open(dir: PathBuf) -> Self {
        let mut list = read_list(&dir.join(LIST_FILE));
        list.companies.retain(|place| is_place(&place.folder) && is_there(&dir.join(&place.folder)));
        for folder in find_folders(&dir) {
            if !list.companies.iter().any(|place| place.folder == folder) {
                list.companies.push(Place { folder, label: None, removed: false });
            }
        }
        let mut home = Self { dir, list };
        if home.places().next().is_none() {
            let first = if home.list.companies.iter().any(|place| place.folder == FIRST) {
                make_name()
            } else {
                FIRST.to_owned()
            };
            home.list.companies.push(Place { folder: first, label: None, removed: false });
        }
        home
    }

    /// The companies in their order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.list.companies.iter().filter(|place| !place.removed)
    }

    /// Those that were taken off the list.
    pub fn removed(&self) -> impl Iterator<Item = &Place> {
        self.list.companies.iter().filter(|place| place.removed)
    }

    /// Where a place lies.
    #[must_use]
    pub fn path(&self, folder: &str) -> PathBuf {
        self.dir.join(folder)
    }

    /// Folder of the company that was shown last, or of the first.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        let shown = self.list.shown.as_deref();
        self.places()
            .map(|place| place.folder.as_str())
            .find(|folder| Some(*folder) == shown)
            .or_else(|| self.places().next().map(|place| place.folder.as_str()))
    }

    /// A place for one more company. It is written down once a workspace lies there.
    pub fn add(&mut self) -> String {
        let folder = make_name();
        self.list.companies.push(Place { folder: folder.clone(), label: None, removed: false });
        folder
    }

    /// Gives up a place in which no workspace was made; one with a workspace stays.
    pub fn leave(&mut self, folder: &str) {
        let path = self.path(folder);
        if is_place(folder) && !is_there(&path) && self.list.companies.len() > 1 {
            self.list.companies.retain(|place| place.folder != folder);
            // Preferences at most; a folder that holds anything else stays.
            drop(std::fs::remove_file(path.join("settings.json")));
            drop(std::fs::remove_dir(path));
        }
    }

    /// Notes which company is shown.
    ///
    /// # Errors
    /// [`DeskError::File`].
    pub fn show(&mut self, folder: &str) -> Result<(), DeskError> {
        self.list.shown = Some(folder.to_owned());
        self.save()
    }

    /// What a company is called while it is locked; nothing but spaces takes the label away.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::Argument`] for a label that is too long, [`DeskError::File`].
    pub fn label(&mut self, folder: &str, label: &str) -> Result<(), DeskError> {
        let label = label.trim();
        if label.chars().count() > LABEL_MAX || label.chars().any(char::is_control) {
            return Err(DeskError::Argument { what: "name of at most 60 letters", value: label.to_owned() });
        }
        self.place(folder)?.label = (!label.is_empty()).then(|| label.to_owned());
        self.save()
    }

    /// Takes a company off the list and tells where its data stay.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::File`].
    pub fn remove(&mut self, folder: &str) -> Result<PathBuf, DeskError> {
        self.place(folder)?.removed = true;
        self.save()?;
        Ok(self.path(folder))
    }

    /// Puts a company back onto the list.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::File`].
    pub fn put_back(&mut self, folder: &str) -> Result<(), DeskError> {
        self.place(folder)?.removed = false;
        self.save()
    }

    fn place(&mut self, folder: &str) -> Result<&mut Place, DeskError> {
        let unknown = || DeskError::Unknown { what: "company", name: folder.to_owned() };
        self.list.companies.iter_mut().find(|place| place.folder == folder).ok_or_else(unknown)
    }

    /// Writes down the places in which something lies; the others are made up anew.
    fn save(&self) -> Result<(), DeskError> {
        let there = |place: &&Place| is_there(&self.path(&place.folder));
        let written = Written {
            shown: self.list.shown.clone(),
            companies: self.list.companies.iter().filter(there).cloned().collect(),
        };
        if written.companies.is_empty() {
            return Ok(());
        }
        make_folder(&self.dir).map_err(|source| file_error(&self.dir, source))?;
        let json = serde_json::to_vec_pretty(&written).map_err(|error| DeskError::Bug(error.to_string()))?;
        write_whole(&self.dir.join(LIST_FILE), &json)
    }
}

fn make_name() -> String {
    format!("{OTHERS}/{}", Uuid::new_v4().simple())
}

/// What cannot be read is as good as lost: the folders tell the rest.
fn read_list(path: &Path) -> Written {
    let Ok(bytes) = std::fs::read(path) else { return Written::default() };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::warn!("the list of companies is damaged and is made again: {error}");
        Written::default()
    })
}

/// Whether a name from the list is one of the places, so that a list that was tampered with leads nowhere else.
fn is_place(folder: &str) -> bool {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric());
    folder == FIRST || folder.strip_prefix(OTHERS).and_then(|rest| rest.strip_prefix('/')).is_some_and(plain)
}

/// Whether a workspace lies there, be it broken.
fn is_there(dir: &Path) -> bool {
    [attest_keychain::KEY_FILE_NAME, crate::workspace::DATABASE_FILE]
        .iter()
        .any(|name| dir.join(name).exists())
}

/// The places in which a workspace lies, in the order of their names.
fn find_folders(dir: &Path) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(dir.join(OTHERS))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| format!("{OTHERS}/{}", entry.file_name().to_string_lossy()))
        .collect();
    found.sort();
    found.insert(0, FIRST.to_owned());
    found.retain(|folder| is_place(folder) && is_there(&dir.join(folder)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with something that counts as a workspace in each of the places.
    fn home_with(folders: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in folders {
            lay(dir.path(), folder);
        }
        dir
    }

    fn lay(dir: &Path, folder: &str) {
        fs::create_dir_all(dir.join(folder)).unwrap();
        fs::write(dir.join(folder).join(attest_keychain::KEY_FILE_NAME), b"{}").unwrap();
    }

    fn folders(home: &Home) -> Vec<String> {
        home.places().map(|place| place.folder.clone()).collect()
    }

    #[test]
    fn a_workspace_made_by_the_version_before_is_found() {
        let dir = home_with(&["workspace"]);
        let home = Home::open(dir.path().to_owned());
        assert_eq!(folders(&home), ["workspace"]);
        assert_eq!(home.shown(), Some("workspace"));
        assert_eq!(home.path("workspace"), dir.path().join("workspace"), "it was not moved");
    }

    #[test]
    fn an_empty_home_names_the_place_of_the_first_workspace() {
        let dir = home_with(&[]);
        assert_eq!(folders(&Home::open(dir.path().to_owned())), ["workspace"]);
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing is written for looking");
    }

    #[test]
    fn order_labels_and_what_was_shown_are_kept() {
        let dir = home_with(&["workspace", "companies/a1"]);
        let mut home = Home::open(dir.path().to_owned());
        let added = home.add();
        lay(dir.path(), &added);
        home.label(&added, "  North ").unwrap();
        home.show(&added).unwrap();
        let again = Home::open(dir.path().to_owned());
        assert_eq!(folders(&again), ["workspace".to_owned(), "companies/a1".to_owned(), added.clone()]);
        assert_eq!(again.places().last().unwrap().label.as_deref(), Some("North"));
        assert_eq!(again.shown(), Some(added.as_str()));
    }

    #[test]
    fn a_lost_or_damaged_list_is_made_again_from_the_folders() {
        let dir = home_with(&["workspace", "companies/b2", "companies/a1"]);
        fs::write(dir.path().join(LIST_FILE), b"{ not json").unwrap();
        let home = Home::open(dir.path().to_owned());
        assert_eq!(folders(&home), ["workspace", "companies/a1", "companies/b2"]);
    }

    #[test]
    fn a_list_leads_nowhere_but_to_the_places() {
        let dir = home_with(&["workspace", "elsewhere", "companies/a1/inner"]);
        let list = r#"{"companies":[{"folder":"elsewhere"},{"folder":"../x"},{"folder":"/tmp"},
            {"folder":"companies/../elsewhere"},{"folder":"companies/a1/inner"},{"folder":"workspace"}]}"#;
        fs::write(dir.path().join(LIST_FILE), list).unwrap();
        assert_eq!(folders(&Home::open(dir.path().to_owned())), ["workspace"]);
    }

    #[test]
    fn a_removed_company_keeps_its_data_and_can_be_put_back() {
        let dir = home_with(&["workspace", "companies/a1"]);
        let mut home = Home::open(dir.path().to_owned());
        let path = home.remove("companies/a1").unwrap();
        assert!(path.join(attest_keychain::KEY_FILE_NAME).exists());
        let mut again = Home::open(dir.path().to_owned());
        assert_eq!(folders(&again), ["workspace"]);
        assert_eq!(again.removed().count(), 1);
        again.put_back("companies/a1").unwrap();
        assert_eq!(folders(&Home::open(dir.path().to_owned())).len(), 2);
    }

    #[test]
    fn when_all_are_removed_a_new_place_is_offered_and_none_of_theirs() {
        let dir = home_with(&["workspace"]);
        let mut home = Home::open(dir.path().to_owned());
        home.remove("workspace").unwrap();
        let offered = folders(&Home::open(dir.path().to_owned()));
        assert_eq!(offered.len(), 1);
        assert!(offered[0].starts_with("companies/"));
    }

    #[test]
    fn a_place_that_was_not_used_is_given_up_without_a_trace() {
        let dir = home_with(&["workspace"]);
        let mut home = Home::open(dir.path().to_owned());
        let added = home.add();
        fs::create_dir_all(home.path(&added)).unwrap();
        fs::write(home.path(&added).join("settings.json"), b"{}").unwrap();
        home.leave(&added);
        home.leave("workspace");
        assert_eq!(folders(&home), ["workspace"]);
        assert!(!home.path(&added).exists());
        assert!(home.path("workspace").exists());
    }

    #[test]
    fn the_list_says_nothing_that_nobody_chose_to_say() {
        let dir = home_with(&["workspace", "companies/a1"]);
        let mut home = Home::open(dir.path().to_owned());
        home.show("companies/a1").unwrap();
        let text = fs::read_to_string(dir.path().join(LIST_FILE)).unwrap();
        let said: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "shown": "companies/a1",
            "companies": [{ "folder": "workspace" }, { "folder": "companies/a1" }]
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn a_label_is_short_and_of_one_line() {
        let dir = home_with(&["workspace"]);
        let mut home = Home::open(dir.path().to_owned());
        assert!(home.label("workspace", &"x".repeat(LABEL_MAX + 1)).is_err());
        assert!(home.label("workspace", "a\nb").is_err());
        home.label("workspace", "A").unwrap();
        home.label("workspace", " ").unwrap();
        assert_eq!(home.places().next().unwrap().label, None);
    }
}
