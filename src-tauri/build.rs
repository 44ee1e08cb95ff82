//! Declares the window's commands to Tauri, so that each needs a grant, and embeds the interface.

include!("command_names.rs");

fn main() {
    println!("cargo::rerun-if-changed=command_names.rs");
    println!("cargo::rerun-if-changed=capabilities");
    if !std::path::Path::new("../ui/dist/index.html").is_file() {
        // A sentence that names the remedy, instead of the macro's panic about a path.
        println!(
            "cargo::error=The interface is not built: run `npm ci && npm run build` in `ui/` first (cargo xtask does)."
        );
        std::process::exit(1);
    }
    println!("cargo::rerun-if-changed=../ui/dist");
    let attributes =
        tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMAND_NAMES));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}
