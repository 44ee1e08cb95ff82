//! What crosses to the window when something goes wrong: a code, a sentence, never a panic.

use attest_desk::view::ErrorView;
use std::{collections::BTreeMap, future::Future, panic};

/// Runs one command's work on a thread of its own, so that a bug in it becomes an answer and heavy work never
/// holds up the others. The work's future is made on that thread and need not be `Send`.
pub(crate) async fn guarded<T, W>(work: impl FnOnce() -> W + Send + 'static) -> Result<T, ErrorView>
where
    T: Send + 'static,
    W: Future<Output = Result<T, ErrorView>>,
{
    tauri::async_runtime::spawn_blocking(move || tauri::async_runtime::block_on(work())).await.unwrap_or_else(
        |_| Err(error_view("bug", "The program made a mistake; nothing was changed by this step.")),
    )
}

/// An error of the shell's own.
pub(crate) fn error_view(code: &str, message: impl Into<String>) -> ErrorView {
    ErrorView { code: code.to_owned(), message: message.into(), params: BTreeMap::new() }
}

/// Reports panics by place alone: their text may quote figures or names from a document.
pub(crate) fn report_panics_without_their_text() {
    if cfg!(debug_assertions) {
        return;
    }
    panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => tracing::error!("bug at {}:{}", place.file(), place.line()),
        None => tracing::error!("bug at an unknown place"),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer<T: Send + 'static>(
        work: impl Future<Output = Result<T, ErrorView>> + Send + 'static,
    ) -> Result<T, ErrorView> {
        tauri::async_runtime::block_on(guarded(move || work))
    }

    #[test]
    fn an_answer_and_a_refusal_pass_unchanged() {
        assert_eq!(answer(async { Ok(7) }), Ok(7));
        let refusal = error_view("decision.stale", "x");
        let refused: Result<(), _> = answer({
            let refusal = refusal.clone();
            async { Err(refusal) }
        });
        assert_eq!(refused, Err(refusal));
    }

    #[test]
    fn a_bug_becomes_an_answer_that_quotes_nothing() {
        let refused: Result<(), _> = answer(async { panic!("canary 4711.00 SEK") });
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, "bug");
        assert!(!format!("{refused:?}").contains("canary"));
    }
}
