//! How often somebody may try.

use crate::site::{Browser, Human, LOGIN, Reply, Site};
use reqwest::StatusCode;

/// Fails once with this browser.
async fn fail(site: &Site, browser: &mut Browser, login: &str) -> Reply {
    let page = site.show(browser, &site.request()).await;
    site.fill(browser, &page, login, "not the password", "000000").await
}

async fn try_with(site: &Site, browser: &mut Browser, human: &Human) -> Reply {
    let page = site.show(browser, &site.request()).await;
    site.fill(browser, &page, &human.login, &human.password, &human.code(site.seconds())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_stopped_for_a_while_and_a_known_browser_is_not() {
    let site = Site::open().await;
    let human = site.person().await;
    let mut known = Browser::default();
    try_with(&site, &mut known, &human).await.redirected();
    site.clock.forward(60);
    for _ in 0..10 {
        assert_eq!(fail(&site, &mut Browser::default(), LOGIN).await.status, StatusCode::FORBIDDEN);
    }
    let stopped = try_with(&site, &mut Browser::default(), &human).await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(stopped.header("retry-after"), "900");
    // Strangers cannot shut out who has been here before.
    try_with(&site, &mut known, &human).await.redirected();
    // The window ends when it ends, although somebody goes on knocking.
    site.clock.forward(899);
    let stopped = fail(&site, &mut Browser::default(), LOGIN).await;
    assert_eq!((stopped.status, stopped.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    site.clock.forward(1);
    try_with(&site, &mut Browser::default(), &human).await.redirected();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_is_stopped_like_any_other() {
    let site = Site::open().await;
    site.person().await;
    let mut ends = Vec::new();
    for login in [LOGIN, "nobody@norrsken.example"] {
        for _ in 0..10 {
            fail(&site, &mut Browser::default(), login).await;
        }
        let stopped = fail(&site, &mut Browser::default(), login).await;
        ends.push((stopped.status, stopped.body.replace(&stopped.form(), "…")));
    }
    assert_eq!(ends[0].0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_at_the_same_time_gains_nothing() {
    for site in Site::on_each_database().await {
        site.person().await;
        let mut attempts = Vec::new();
        for _ in 0..16 {
            let mut browser = Browser::default();
            let page = site.show(&mut browser, &site.request()).await;
            attempts.push((browser, page));
        }
        let replies = futures_util::future::join_all(attempts.iter_mut().map(async |(browser, page)| {
            site.fill(browser, page, LOGIN, "not the password", "000000").await.status
        }))
        .await;
        let judged = replies.iter().filter(|status| **status == StatusCode::FORBIDDEN).count();
        let stopped = replies.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
        assert_eq!((judged, stopped), (10, 6), "{replies:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_count_together() {
    for site in Site::on_each_database().await {
        let human = site.person().await;
        for _ in 0..10 {
            fail(&site, &mut Browser::default(), LOGIN).await;
        }
        let second = site.second_process().await;
        let stopped = try_with(&second, &mut Browser::default(), &human).await;
        assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    }
}
