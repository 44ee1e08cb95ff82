//! The system's own dialog for choosing files. It runs in Rust; the webview learns no path.

use crate::window;
use std::{path::PathBuf, pin::Pin};
use tauri::{AppHandle, Manager};

/// What was picked, when the user has picked it.
type Picked = Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>>;

/// Asks for files or folders; `None` when the user cancelled or the window is gone.
pub(crate) async fn choose(app: &AppHandle, folder: bool) -> Option<Vec<PathBuf>> {
    pick(
        app,
        move |dialog| if folder { Box::pin(dialog.pick_folders()) } else { Box::pin(dialog.pick_files()) },
    )
    .await
}

/// Asks for one file.
pub(crate) async fn choose_file(app: &AppHandle) -> Option<PathBuf> {
    let one = |dialog: rfd::AsyncFileDialog| -> Picked {
        let picked = dialog.pick_file();
        Box::pin(async move { Some(vec![picked.await?]) })
    };
    pick(app, one).await?.pop()
}

async fn pick(
    app: &AppHandle,
    ask: impl FnOnce(rfd::AsyncFileDialog) -> Picked + Send + 'static,
) -> Option<Vec<PathBuf>> {
    let window = app.get_webview_window(window::LABEL)?;
    let (tell, hear) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    // The dialog has to be made on the main thread; waiting for it happens on another.
    let made = window.run_on_main_thread(move || {
        let picked = ask(rfd::AsyncFileDialog::new().set_parent(&parent));
        tauri::async_runtime::spawn(async move {
            // A receiver that is gone belongs to a window that is gone.
            let _ = tell.send(picked.await);
        });
    });
    made.ok()?;
    let picked = hear.await.ok()??;
    Some(picked.into_iter().map(|file| file.path().to_owned()).collect())
}
