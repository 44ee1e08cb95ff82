//! What the program is told on its command line, by its first start and by every later one.
//!
//! Unknown options are reported and otherwise ignored: a desktop program that ends without a window because a
//! launcher added an option helps nobody.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Name of the variable that names the workspace's folder.
pub(crate) const WORKSPACE_VARIABLE: &str = "ATTEST_WORKSPACE";

/// A read command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Args {
    /// Folder of the workspace, when one was named.
    pub(crate) workspace: Option<PathBuf>,
    /// Folder of the companies, when one was named.
    pub(crate) home: Option<PathBuf>,
    /// Files and folders to import, made absolute.
    pub(crate) files: Vec<PathBuf>,
    /// Options nobody knows.
    pub(crate) unknown: Vec<String>,
}

/// Reads the arguments behind the program's name. Relative paths are taken from `folder`.
pub(crate) fn parse_args(arguments: impl IntoIterator<Item = OsString>, folder: &Path) -> Args {
    let mut args = Args::default();
    let mut options = true;
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if options && text == "--" {
            options = false;
        } else if options && text == "--workspace" {
            args.workspace = rest.next().map(|dir| folder.join(dir));
        } else if let Some(dir) = text.strip_prefix("--workspace=").filter(|_| options) {
            args.workspace = Some(folder.join(dir));
        } else if options && text == "--home" {
            args.home = rest.next().map(|dir| folder.join(dir));
        } else if let Some(dir) = text.strip_prefix("--home=").filter(|_| options) {
            args.home = Some(folder.join(dir));
        } else if options && text.starts_with('-') {
            args.unknown.push(text.into_owned());
        } else {
            args.files.push(folder.join(argument));
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Args {
        parse_args(words.iter().map(OsString::from), Path::new("/here"))
    }

    #[test]
    fn relative_paths_start_where_the_program_was_started() {
        let args = parse(&["--workspace", "ws", "a.xml", "/else/b.se"]);
        assert_eq!(args.workspace, Some(PathBuf::from("/here/ws")));
        assert_eq!(args.files, [PathBuf::from("/here/a.xml"), PathBuf::from("/else/b.se")]);
    }

    #[test]
    fn both_spellings_of_an_option_are_read() {
        assert_eq!(parse(&["--workspace=/ws"]), parse(&["--workspace", "/ws"]));
        assert_eq!(parse(&["--home=/h"]), parse(&["--home", "/h"]));
        assert_eq!(parse(&["--home=/h"]).home, Some(PathBuf::from("/h")));
    }

    #[test]
    fn behind_two_dashes_everything_is_a_file() {
        let args = parse(&["--", "--workspace", "-x"]);
        assert_eq!(args.workspace, None);
        assert_eq!(args.files, [PathBuf::from("/here/--workspace"), PathBuf::from("/here/-x")]);
    }

    #[test]
    fn an_unknown_option_is_named_and_the_rest_still_read() {
        let args = parse(&["--fancy", "a.xml"]);
        assert_eq!(args.unknown, ["--fancy"]);
        assert_eq!(args.files.len(), 1);
    }
}
