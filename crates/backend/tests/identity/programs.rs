//! Programs: tokens for a key.

use crate::site::{Key, Site, with, without};
use attest_backend::operate;
use attest_domain::roles::{Role, Scope};
use attest_wire::{identity::TokenAnswer, tenant::Me};
use reqwest::{Method, StatusCode};

async fn program(site: &Site) -> Vec<(&'static str, String)> {
    let (backend, scope) = (site.running.backend(), Scope::default());
    let made = operate::add_program(backend, site.tenant, "ERP", Role::Controller, &scope).await;
    let (id, key) = made.unwrap();
    vec![("grant_type", "client_credentials".to_owned()), ("client_id", id), ("client_secret", key)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_exchanges_its_key_for_a_token_of_five_minutes() {
    for site in Site::on_each_database().await {
        let fields = program(&site).await;
        let tokens: TokenAnswer = site.token_with(None, &fields).await.json();
        assert_eq!((tokens.token_type.as_str(), tokens.refresh_token.as_deref()), ("Bearer", None));
        let me = |token: &str| site.http.get(format!("{}/v1/me", site.origin())).bearer_auth(token).send();
        let answer: Me = me(&tokens.access_token).await.unwrap().json().await.unwrap();
        assert_eq!((&answer.subject, answer.auth.as_str()), (&fields[1].1, "key"));
        site.clock.forward(300);
        assert_eq!(me(&tokens.access_token).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        // The key itself goes on to hold, and HTTP Basic is another way to show it.
        assert_eq!(me(&fields[2].1).await.unwrap().status(), StatusCode::OK);
        let request = site.http.post(format!("{}/oauth/token", site.origin()));
        let request = request.basic_auth(&fields[1].1, Some(&fields[2].1));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body("grant_type=client_credentials").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_proves_a_key_has_a_token_bound_to_it() {
    let site = Site::open().await;
    let (fields, key) = (program(&site).await, Key::new(1));
    let tokens: TokenAnswer = site.token(&key, &fields).await.json();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await.status, StatusCode::OK);
    let bearer = site.http.get(format!("{}/v1/me", site.origin())).bearer_auth(&tokens.access_token);
    assert_eq!(bearer.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_its_scope_names_and_nothing_else() {
    let site = Site::open().await;
    let fields = program(&site).await;
    let scoped = [fields.clone(), vec![("scope", "read_documents".to_owned())]].concat();
    let tokens: TokenAnswer = site.token_with(None, &scoped).await.json();
    assert_eq!(tokens.scope.as_deref(), Some("read_documents"));
    let status = async |path: &str| {
        let address = format!("{}/v1/tenants/{}/{path}", site.origin(), site.tenant);
        site.http.get(address).bearer_auth(&tokens.access_token).send().await.unwrap().status()
    };
    assert_eq!(status("documents").await, StatusCode::OK);
    assert_eq!(status("log/checkpoint").await, StatusCode::FORBIDDEN);
    let unknown = [fields, vec![("scope", "read_documents everything".to_owned())]].concat();
    assert_eq!(site.token_with(None, &unknown).await.refusal(), "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_s_key_is_not_taken() {
    let site = Site::open().await;
    let (one, other) = (program(&site).await, program(&site).await);
    for fields in [
        with(&one, "client_id", &other[1].1),
        with(&one, "client_secret", "attest_key_made_up"),
        with(&one, "client_secret", ""),
        without(&one, "client_secret"),
        without(&one, "client_id"),
    ] {
        let reply = site.token_with(None, &fields).await;
        assert_eq!(reply.refusal(), "invalid_client", "{fields:?}");
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
}
