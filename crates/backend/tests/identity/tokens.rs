//! Codes, access tokens and refresh tokens.

use crate::site::{Browser, Key, REDIRECT, Site, redeem, refresh, with, without};
use reqwest::{Method, StatusCode};

/// The answer to a token that holds, and to one that does not.
async fn holds(site: &Site, key: &Key, token: &str) -> bool {
    let reply = site.ask(Method::GET, "/v1/me", key, token).await;
    if reply.status == StatusCode::OK {
        return true;
    }
    assert_eq!((reply.status, reply.problem().as_str()), (StatusCode::UNAUTHORIZED, "token.invalid"));
    assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{reply:?}");
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_again_revokes_what_came_of_it() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let code = site.code(&human).await;
        let tokens = site.tokens_of(&key, &code).await;
        assert!(holds(&site, &key, &tokens.access_token).await);
        assert_eq!(site.token(&Key::new(2), &redeem(&code)).await.refusal(), "invalid_grant");
        assert!(!holds(&site, &key, &tokens.access_token).await);
        let refused = site.token(&key, &refresh(&tokens.refresh_token.unwrap())).await;
        assert_eq!(refused.refusal(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intercepted_code_is_of_no_use() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let fields = redeem(&site.code(&human).await);
    for (changed, error) in [
        (without(&fields, "code_verifier"), "invalid_request"),
        (with(&fields, "code_verifier", "short"), "invalid_request"),
        (with(&fields, "code_verifier", &"b".repeat(50)), "invalid_grant"),
        (with(&fields, "redirect_uri", "http://127.0.0.1:49153/signed-in"), "invalid_grant"),
        (with(&fields, "redirect_uri", &REDIRECT.to_uppercase()), "invalid_grant"),
        (with(&fields, "client_id", "somebody"), "invalid_client"),
        (with(&fields, "code", "A code of nobody"), "invalid_grant"),
        (with(&fields, "grant_type", "password"), "unsupported_grant_type"),
        (without(&fields, "grant_type"), "invalid_request"),
        ([fields.clone(), fields.clone()].concat(), "invalid_request"),
    ] {
        assert_eq!(site.token(&key, &changed).await.refusal(), error, "{changed:?}");
    }
    assert_eq!(site.token_with(None, &fields).await.refusal(), "invalid_dpop_proof");
    // None of that has cost the person its sign-in.
    assert_eq!(site.token(&key, &fields).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_holds_for_a_minute() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let code = site.code(&human).await;
    site.clock.forward(60);
    assert_eq!(site.token(&key, &redeem(&code)).await.refusal(), "invalid_grant");
    let code = site.code(&human).await;
    site.clock.forward(59);
    assert_eq!(site.token(&key, &redeem(&code)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_one_key_is_redeemed_with_no_other() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let mut browser = Browser::default();
    let request = [site.request(), vec![("dpop_jkt", key.thumbprint())]].concat();
    let page = site.show(&mut browser, &request).await;
    let code = human.code(site.seconds());
    let answer = site.fill(&mut browser, &page, &human.login, &human.password, &code).await.redirected();
    let fields = redeem(&answer["code"]);
    assert_eq!(site.token(&Key::new(2), &fields).await.refusal(), "invalid_grant");
    assert_eq!(site.token(&key, &fields).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_runs_out_after_five_minutes() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let tokens = site.tokens(&human, &key).await;
    site.clock.forward(299);
    assert!(holds(&site, &key, &tokens.access_token).await);
    site.clock.forward(1);
    assert!(!holds(&site, &key, &tokens.access_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_stays_signed_in_while_it_is_used_and_twelve_hours_more() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let mut tokens = site.tokens(&human, &key).await;
    for _ in 0..3 {
        site.clock.forward(12 * 3_600 - 1);
        tokens = site.refreshed(&key, &tokens.refresh_token.unwrap()).await;
        assert!(holds(&site, &key, &tokens.access_token).await);
    }
    site.clock.forward(12 * 3_600);
    let refused = site.token(&key, &refresh(&tokens.refresh_token.unwrap())).await;
    assert_eq!(refused.refusal(), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_used_again_revokes_its_device() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let first = site.tokens(&human, &key).await.refresh_token.unwrap();
        let second = site.refreshed(&key, &first).await;
        let third = site.refreshed(&key, second.refresh_token.as_ref().unwrap()).await;
        assert!(holds(&site, &key, &third.access_token).await);
        assert_eq!(site.token(&key, &refresh(&first)).await.refusal(), "invalid_grant");
        for token in [&second.access_token, &third.access_token] {
            assert!(!holds(&site, &key, token).await);
        }
        let refused = site.token(&key, &refresh(&third.refresh_token.unwrap())).await;
        assert_eq!(refused.refusal(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_may_be_asked_for_again_for_a_minute() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let first = site.tokens(&human, &key).await.refresh_token.unwrap();
        let lost = site.refreshed(&key, &first).await;
        site.clock.forward(60);
        let again = site.refreshed(&key, &first).await;
        assert_eq!(again.refresh_token, lost.refresh_token);
        assert!(holds(&site, &key, &again.access_token).await);
        site.clock.forward(1);
        assert_eq!(site.token(&key, &refresh(&first)).await.refusal(), "invalid_grant");
        assert!(!holds(&site, &key, &again.access_token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_refresh_token_is_of_no_use_without_the_key() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let token = site.tokens(&human, &key).await.refresh_token.unwrap();
    assert_eq!(site.token(&Key::new(2), &refresh(&token)).await.refusal(), "invalid_grant");
    assert_eq!(site.token_with(None, &refresh(&token)).await.refusal(), "invalid_dpop_proof");
    assert_eq!(site.token(&key, &refresh(&token)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_is_no_bearer_token_and_serves_no_other_key() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let token = site.tokens(&human, &key).await.access_token;
    let bearer = site.http.get(format!("{}/v1/me", site.origin())).bearer_auth(&token).send().await.unwrap();
    assert_eq!(bearer.status(), StatusCode::UNAUTHORIZED);
    assert!(!holds(&site, &Key::new(2), &token).await);
    assert!(holds(&site, &key, &token).await);
}
