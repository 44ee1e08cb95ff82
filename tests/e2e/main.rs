//! Flows through the real window.

use attest_tests::window::Window;

#[tokio::test]
async fn a_window_opens_shows_its_page_and_closes() {
    let window = Window::start("attest-blank", &[]).await.expect("the blank window opens");
    assert_eq!(window.text().await, "Blank");
    window.close().await.expect("the window closes");
}
