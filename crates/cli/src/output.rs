//! Where answers go: JSON lines for programs or plain lines for people, both on standard output.

use crate::error::CliError;
use serde::Serialize;
use std::io::{self, BufWriter, StdoutLock, Write as _};

/// Standard output, buffered, in the form that was asked for.
pub(crate) struct Output {
    json: bool,
    stdout: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, stdout: BufWriter::with_capacity(1 << 16, io::stdout().lock()) }
    }

    /// Writes one answer: as JSON, or as the line that `plain` makes of it.
    pub(crate) fn answer<T: Serialize>(
        &mut self,
        value: &T,
        plain: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        if self.json {
            serde_json::to_writer(&mut self.stdout, value)?;
            self.stdout.write_all(b"\n")?;
        } else {
            writeln!(self.stdout, "{}", plain(value))?;
        }
        Ok(())
    }

    /// Hands everything over; errors show only now.
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        Ok(self.stdout.flush()?)
    }

    /// Says something beside the answer.
    #[expect(clippy::unused_self, reason = "whoever answers may also say")]
    pub(crate) fn tell(&self, text: &str) {
        eprintln!("attest: {text}");
    }

    /// Says why nothing more comes: a sentence, or with `--json` the object `error`.
    pub(crate) fn tell_error(&mut self, error: &CliError) {
        // What was answered before stands.
        drop(self.stdout.flush());
        if self.json {
            let said = serde_json::json!({ "error": { "code": error.code(), "message": error.to_string() } });
            eprintln!("{said}");
        } else {
            eprintln!("attest: {error}");
        }
    }
}
