//! Files and folders as they were dropped or chosen, turned into a list of files to import.
//!
//! The order is that of the names, so the same folder imports the same way on every machine. Links inside a
//! folder are not followed (a loop, or somebody else's files); hidden files are left out, as file managers do.
//! Contents are not looked at: what is no bank or ledger file is refused by the import, with its reason.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders inside folders that are entered.
const DEPTH_MAX: usize = 16;
/// Files in one import. More than this is a wrong folder, not a year of statements.
pub(crate) const FILES_MAX: usize = 20_000;

/// Why a list could not be made. Nothing is imported then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} holds folders more than {DEPTH_MAX} deep; choose the folder with the files itself")]
    TooDeep { path: PathBuf },
    #[error("more than {FILES_MAX} files; choose a smaller folder")]
    TooMany,
}

/// Lists the files to import. Files named directly are always in, in the order given.
pub(crate) fn list_files(named: &[PathBuf]) -> Result<Vec<PathBuf>, ListError> {
    let mut files = Vec::new();
    for path in named {
        let found =
            fs::metadata(path).map_err(|source| ListError::Unreadable { path: path.clone(), source })?;
        if found.is_dir() {
            list_folder(path, 0, &mut files)?;
        } else {
            add(&mut files, path.clone())?;
        }
    }
    Ok(files)
}

fn list_folder(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ListError> {
    if depth >= DEPTH_MAX {
        return Err(ListError::TooDeep { path: folder.to_owned() });
    }
    let unreadable = |source| ListError::Unreadable { path: folder.to_owned(), source };
    let mut entries = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (name, kind) in entries {
        let path = folder.join(&name);
        if is_hidden(&name.to_string_lossy()) {
            continue;
        }
        if kind.is_dir() {
            list_folder(&path, depth + 1, files)?;
        } else if kind.is_file() {
            add(files, path)?;
        }
    }
    Ok(())
}

fn add(files: &mut Vec<PathBuf>, path: PathBuf) -> Result<(), ListError> {
    if files.len() == FILES_MAX {
        return Err(ListError::TooMany);
    }
    files.push(path);
    Ok(())
}

/// Hidden by the customs of Unix and macOS, or put there by Windows itself.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
        || name.eq_ignore_ascii_case("desktop.ini")
        || name.eq_ignore_ascii_case("thumbs.db")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        dir
    }

    fn names(dir: &Path, files: &[PathBuf]) -> Vec<String> {
        let relative = |path: &PathBuf| path.strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/");
        files.iter().map(relative).collect()
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_names_and_in_depth() {
        let dir = folder_with(&["b.se", "a/2.xml", "a/1.xml", "c/d/e.txt"]);
        let files = list_files(&[dir.path().to_owned()]).unwrap();
        assert_eq!(names(dir.path(), &files), ["a/1.xml", "a/2.xml", "b.se", "c/d/e.txt"]);
    }

    #[test]
    fn files_named_directly_keep_their_order_even_when_hidden() {
        let dir = folder_with(&["b.se", ".a.xml"]);
        let named = [dir.path().join("b.se"), dir.path().join(".a.xml")];
        assert_eq!(list_files(&named).unwrap(), named);
    }

    #[test]
    fn hidden_files_in_a_folder_are_left_out() {
        let dir = folder_with(&[".DS_Store", ".git/config", "Thumbs.db", "desktop.ini", "a.xml"]);
        assert_eq!(names(dir.path(), &list_files(&[dir.path().to_owned()]).unwrap()), ["a.xml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_inside_a_folder_are_not_followed() {
        let dir = folder_with(&["in/a.xml", "out/b.xml"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("in/loop")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("out/b.xml"), dir.path().join("in/b.xml")).unwrap();
        assert_eq!(names(dir.path(), &list_files(&[dir.path().join("in")]).unwrap()), ["in/a.xml"]);
    }

    #[test]
    fn a_folder_too_deep_is_refused_by_name() {
        let dir = folder_with(&[&format!("{}a.xml", "d/".repeat(DEPTH_MAX))]);
        let refused = list_files(&[dir.path().to_owned()]);
        assert!(matches!(refused, Err(ListError::TooDeep { path }) if path.ends_with("d")));
    }

    #[test]
    fn what_is_not_there_is_refused_by_name() {
        let missing = PathBuf::from("no/such/file.xml");
        let refused = list_files(std::slice::from_ref(&missing));
        assert!(matches!(refused, Err(ListError::Unreadable { path, .. }) if path == missing));
    }
}
