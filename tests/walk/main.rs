//! `attest-walk --company DIR --out DIR`: the main job through the real window, for `cargo xtask demo`.
fn main() {}
