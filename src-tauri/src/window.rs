//! The one window: made here and nowhere else, shut against every address but its own pages.

use crate::{hardening, place};
use attest_desk::view::Theme;
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{Color, NewWindowResponse, PermissionResponse},
};

/// Label of the window, to which the capability is granted.
pub(crate) const LABEL: &str = "main";

/// Logical pixels of the window at the first start and at the least.
const SIZE: (f64, f64) = (1440.0, 900.0);
const SIZE_MIN: (f64, f64) = (1180.0, 680.0);

/// The paper of the look.
const PAPER_LIGHT: Color = Color(0xf6, 0xf6, 0xf3, 0xff);
const PAPER_DARK: Color = Color(0x10, 0x12, 0x14, 0xff);

/// Makes the window. Colours before the first paint are the paper of the look, so that nothing flashes.
pub(crate) fn open(app: &AppHandle, theme: Theme) -> tauri::Result<WebviewWindow> {
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Attest")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
        .center()
        .prevent_overflow()
        .theme(frame_theme(theme))
        .background_color(if theme == Theme::Dark { PAPER_DARK } else { PAPER_LIGHT })
        .general_autofill_enabled(false)
        // Nothing the webview keeps may outlive the process. WebDriver finds only the shared context.
        .incognito(hardening::remote_control(|name| std::env::var_os(name)).is_none())
        .on_navigation(|url| {
            let own = hardening::is_own_page(url);
            if !own {
                tracing::warn!(scheme = url.scheme(), "navigation denied");
            }
            own
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny);
    if cfg!(windows)
        && let Some(folder) = place::data_folder()
    {
        // WebView2 wants a folder even for a private session; one for all workspaces.
        builder = builder.data_directory(folder.join("webview"));
    }
    builder.build()
}

/// Brings the window to the front, for a second start.
pub(crate) fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    for done in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = done {
            tracing::warn!("the window could not be raised: {error}");
        }
    }
}

/// Loads the page anew, so that everything it held is freed.
pub(crate) fn blank(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.reload()
    {
        tracing::error!("the window could not be emptied, so it is closed: {error}");
        app.exit(1);
    }
}

/// Makes frame, title bar and `prefers-color-scheme` follow the settings.
pub(crate) fn follow_theme(app: &AppHandle, theme: Theme) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.set_theme(frame_theme(theme))
    {
        tracing::warn!("the theme could not be set: {error}");
    }
}

fn frame_theme(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}
