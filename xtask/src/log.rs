//! The record of one step: everything it says goes to the terminal and to a file, the end of it is kept for
//! the summary, and the figures that test runners print are added up.

use anyhow::{Context, Result, bail};
use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// Lines kept of a step for the summary of a failure.
const TAIL_LINES: usize = 80;
/// How long output may still trickle in after the program itself has ended.
const DRAIN: Duration = Duration::from_millis(800);

/// Tests as their runners counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
}

/// The record of one step.
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    tail: VecDeque<String>,
    counts: Counts,
    /// Says nothing on standard output, which belongs to a program's result.
    quiet: bool,
}

impl Log {
    /// Opens a fresh record at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            tail: VecDeque::new(),
            counts: Counts::default(),
            quiet: false,
        })
    }

    /// Opens a record that speaks on standard error.
    pub(crate) fn quiet(path: &Path) -> Result<Self> {
        Ok(Self { quiet: true, ..Self::create(path)? })
    }

    /// Where the record lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines said.
    pub(crate) fn tail(&self) -> impl Iterator<Item = &str> {
        self.tail.iter().map(String::as_str)
    }

    /// Tests counted so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Adds a test that this program ran by itself.
    pub(crate) fn count(&mut self, passed: bool) {
        if passed {
            self.counts.passed += 1;
        } else {
            self.counts.failed += 1;
        }
    }

    /// Says one line.
    pub(crate) fn say(&mut self, line: &str) {
        if self.quiet {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
        self.record(line);
    }

    /// Keeps one line without saying it.
    fn record(&mut self, line: &str) {
        // A full disk must not hide the result of a step; the terminal has the line.
        let _ = writeln!(self.file, "{line}");
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(line.to_owned());
    }

    /// Runs a program to its end, saying every line it writes; fails when it fails.
    pub(crate) fn run(&mut self, command: Command) -> Result<()> {
        self.run_saying(command, |_| true)
    }

    /// Runs a talkative program: all its lines are kept, those that `matter` are said.
    pub(crate) fn run_saying(&mut self, mut command: Command, matters: impl Fn(&str) -> bool) -> Result<()> {
        let name = shown(&command);
        self.say(&format!("$ {name}"));
        let (reader, writer) = std::io::pipe().context("no pipe")?;
        command.stdin(std::process::Stdio::null());
        command.stdout(writer.try_clone().context("no pipe")?).stderr(writer);
        let mut child = command.spawn().with_context(|| format!("{name} did not start"))?;
        drop(command); // it holds the writing end, without whose closing the reader would never end
        let lines = read_lines(reader);
        self.follow(&mut child, &lines, matters);
        let status = child.wait().with_context(|| format!("{name} was lost"))?;
        if !status.success() {
            bail!("{name}: {status}");
        }
        Ok(())
    }

    /// Says lines until the program has ended, also when something it left behind keeps the pipe open.
    fn follow(&mut self, child: &mut Child, lines: &Receiver<String>, matters: impl Fn(&str) -> bool) {
        loop {
            match lines.recv_timeout(DRAIN) {
                Ok(line) => {
                    self.counts = add(self.counts, counts_in(&line));
                    if matters(&line) {
                        self.say(&line);
                    } else {
                        self.record(&line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if !matches!(child.try_wait(), Ok(None)) {
                        return;
                    }
                }
            }
        }
    }
}

fn read_lines(reader: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

fn add(left: Counts, right: Counts) -> Counts {
    Counts { passed: left.passed + right.passed, failed: left.failed + right.failed }
}

/// Reads the closing line of nextest, libtest (doctests) and vitest; other lines count nothing.
fn counts_in(line: &str) -> Counts {
    let line = without_colour(line);
    let plain = line.trim();
    // nextest repeats, indented, what a failed test wrote: libtest's own line must not count again
    let is_closing = (plain.starts_with("Summary [") && plain.contains(" run: "))
        || line.starts_with("test result: ")
        || (plain.starts_with("Tests ") && plain.ends_with(')'));
    if !is_closing {
        return Counts::default();
    }
    Counts { passed: number_before(plain, " passed"), failed: number_before(plain, " failed") }
}

fn number_before(line: &str, word: &str) -> u64 {
    let Some(end) = line.find(word) else { return 0 };
    let digits = line[..end].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

/// The line without terminal escape sequences of the form `ESC [ … letter`.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            let _ = characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_each_runner_are_counted() {
        for (line, passed, failed) in [
            ("     Summary [   1.204s] 125 tests run: 123 passed, 2 failed, 4 skipped", 123, 2),
            ("     Summary [   0.100s] 7 tests run: 7 passed (1 slow), 0 skipped", 7, 0),
            ("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", 5, 0),
            ("      Tests  2 failed | 31 passed (33)", 31, 2),
            ("\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m31 passed\u{1b}[39m\u{1b}[22m (31)", 31, 0),
            ("    test result: FAILED. 0 passed; 1 failed; 0 ignored", 0, 0),
            ("        PASS [   0.005s] attest-domain ids::tests::three_passed", 0, 0),
        ] {
            assert_eq!(counts_in(line), Counts { passed, failed }, "{line}");
        }
    }

    #[test]
    fn a_failing_program_fails_and_its_output_is_kept() {
        let folder = std::env::temp_dir().join(format!("xtask-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        let mut log = Log::create(&folder.join("a.log")).expect("the folder was just made");
        let mut command = Command::new("cargo");
        command.arg("there-is-no-such-command");
        assert!(log.run(command).is_err());
        assert!(log.tail().any(|line| line.contains("there-is-no-such-command")));
        std::fs::remove_dir_all(&folder).expect("the folder is ours");
    }
}
