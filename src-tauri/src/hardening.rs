//! Doors into the webview that a shipped program keeps shut: WebDriver, remote inspectors, other pages.

use std::ffi::OsString;
use tauri::Url;

/// Variables by which somebody outside drives or inspects a webview.
const REMOTE_CONTROL: &[&str] = &[
    "TAURI_AUTOMATION",
    "TAURI_WEBVIEW_AUTOMATION",
    "WEBKIT_INSPECTOR_SERVER",
    "WEBKIT_INSPECTOR_HTTP_SERVER",
    "WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS",
    "WEBVIEW2_PIPE_FOR_SCRIPT_DEBUGGER",
    "WEBVIEW2_WAIT_FOR_SCRIPT_DEBUGGER",
];

/// Whether this build may be driven by tests: debug builds, and release builds for benches that say so.
pub(crate) const MAY_BE_DRIVEN: bool = cfg!(any(debug_assertions, feature = "automation"));

/// The first variable that asks for remote control, if one is set to anything.
pub(crate) fn remote_control(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    REMOTE_CONTROL.iter().copied().find(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// Whether the window may go to an address: its own pages only.
pub(crate) fn is_own_page(url: &Url) -> bool {
    let origin = (url.scheme(), url.host_str(), url.port());
    match origin {
        // Linux and macOS; then Windows, which has no own schemes for pages.
        ("tauri", Some("localhost"), None) => true,
        ("http" | "https", Some("tauri.localhost"), None) => cfg!(windows),
        ("http", Some("127.0.0.1"), Some(5173)) => !cfg!(feature = "embedded-ui"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_own_pages_may_be_shown() {
        let own = if cfg!(windows) { "http://tauri.localhost/index.html" } else { "tauri://localhost/#/x" };
        assert!(is_own_page(&Url::parse(own).unwrap()));
        for foreign in [
            "https://example.com/",
            "http://localhost/",
            "http://127.0.0.1:80/",
            "tauri://elsewhere/",
            "tauri://localhost:5173/",
            "https://tauri.localhost.example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "blob:tauri://localhost/1",
            "about:blank",
            "ipc://localhost/",
        ] {
            assert!(!is_own_page(&Url::parse(foreign).unwrap()), "{foreign}");
        }
    }

    #[test]
    fn each_way_of_remote_control_is_noticed_and_an_empty_one_is_none() {
        for name in REMOTE_CONTROL {
            let set = |asked: &str| (asked == *name).then(|| OsString::from("1"));
            assert_eq!(remote_control(set), Some(*name));
        }
        assert_eq!(remote_control(|_| Some(OsString::new())), None);
        assert_eq!(remote_control(|_| None), None);
    }
}
