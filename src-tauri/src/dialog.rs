//! The system's own dialog for choosing files. It runs in Rust; the webview learns no path.

use crate::window;
use std::path::PathBuf;
use tauri::{AppHandle, Manager};

/// Asks for files or folders; `None` when the user cancelled or the window is gone.
pub(crate) async fn choose(app: &AppHandle, folder: bool) -> Option<Vec<PathBuf>> {
    let window = app.get_webview_window(window::LABEL)?;
    let (tell, hear) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    // The dialog has to be made on the main thread; waiting for it happens on another.
    let made = window.run_on_main_thread(move || {
        let dialog = rfd::AsyncFileDialog::new().set_parent(&parent);
        let picked: std::pin::Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>> =
            if folder { Box::pin(dialog.pick_folders()) } else { Box::pin(dialog.pick_files()) };
        tauri::async_runtime::spawn(async move {
            // A receiver that is gone belongs to a window that is gone.
            let _ = tell.send(picked.await);
        });
    });
    made.ok()?;
    let picked = hear.await.ok()??;
    Some(picked.into_iter().map(|file| file.path().to_owned()).collect())
}
