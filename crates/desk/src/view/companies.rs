//! The contract for several companies in one window: the switcher's list.

use super::{SyncView, WorkspaceState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

view! {
    /// One company of the window.
    pub struct ListedCompany {
        /// Names it in every question and every event, as long as the program runs.
        pub id: u32,
        /// What a person calls it while it is locked.
        pub label: Option<String>,
        /// Its own name, known once it was open since the program began.
        pub name: Option<String>,
        /// Its organisation number, likewise.
        pub organisation_number: Option<String>,
        /// Whether there is a workspace and whether it is open.
        pub workspace: WorkspaceState,
        /// Where its sync stands; `null` while it is not open.
        pub sync: Option<SyncView>,
        /// Whether it can only be read, because its log contradicts itself.
        pub frozen: bool,
        /// Whether an import runs in it.
        pub importing: bool,
    }
}
view! {
    /// The companies of the window.
    pub struct CompaniesView {
        /// The one that is shown.
        pub shown: u32,
        /// All, in their order.
        pub companies: Vec<ListedCompany>,
        /// Whether there can be more: not in a window that was opened on one folder.
        pub several: bool,
        /// Those that were taken off the list.
        pub removed: Vec<RemovedCompany>,
    }
}
view! {
    /// A company that was taken off the list.
    pub struct RemovedCompany {
        /// By which it is put back.
        pub folder: String,
        /// What a person called it.
        pub label: Option<String>,
        /// Where its data lie.
        pub path: String,
    }
}
