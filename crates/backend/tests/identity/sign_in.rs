//! A person signs in with password and authenticator.

use crate::site::{Browser, Key, LOGIN, Reply, Site, redeem, with, without};
use attest_backend::operate;
use attest_wire::tenant::Me;
use reqwest::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_desktop_acts_in_its_name() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let answer = site.sign_in(&human).await;
        assert_eq!(answer["state"], "state & more");
        assert_eq!(answer["iss"], site.origin());
        let tokens = site.tokens_of(&key, &answer["code"]).await;
        assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("DPoP", 300));
        let me: Me = site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await.json();
        assert_eq!((me.name.as_deref(), me.auth.as_str()), (Some("Kim Testsson"), "password"));
        assert_eq!(me.assurance, "secret");
        assert_eq!(me.tenants[0].id, site.tenant);
        let refreshed = site.refreshed(&key, &tokens.refresh_token.unwrap()).await;
        assert_ne!(refreshed.access_token, tokens.access_token);
        site.ask(Method::GET, "/v1/me", &key, &refreshed.access_token).await.json::<Me>();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_tell_whether_name_password_or_code_was_wrong() {
    let site = Site::open().await;
    let human = site.person().await;
    let (right, wrong) = (human.code(site.seconds()), human.wrong_code(site.seconds()));
    let mut answers = Vec::new();
    for (login, password, code) in [
        ("nobody@norrsken.example", human.password.as_str(), right.as_str()),
        (LOGIN, "some other password", &right),
        (LOGIN, &human.password, &wrong),
        (LOGIN, &human.password, ""),
        (LOGIN, "", &right),
        (LOGIN, &"x".repeat(5_000), &right),
        ("", "", ""),
    ] {
        let mut browser = Browser::default();
        let page = site.show(&mut browser, &site.request()).await;
        let before = operate::password_checks(site.running.backend());
        let reply = site.fill(&mut browser, &page, login, password, code).await;
        let hashed = operate::password_checks(site.running.backend()) - before;
        assert_eq!((reply.status, hashed), (StatusCode::FORBIDDEN, 1), "{login} {password} {code}");
        answers.push(comparable(&reply));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // The same browser and the same sign-in then hold.
    assert!(site.sign_in(&human).await.contains_key("code"));
}

/// An answer without what is random in it.
fn comparable(reply: &Reply) -> (String, Vec<String>) {
    let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names.extend(["content-length", "content-type"].map(|name| reply.header(name).to_owned()));
    (reply.body.replace(&reply.form(), "…"), names)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_authenticator_counts_once() {
    for site in Site::on_each_database().await {
        let human = site.person().await;
        site.sign_in(&human).await;
        let mut browser = Browser::default();
        let page = site.show(&mut browser, &site.request()).await;
        let used = human.code(site.seconds());
        let again = site.fill(&mut browser, &page, LOGIN, &human.password, &used).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        // Nor does an older one that still lies within the tolerance.
        let older = human.code(site.seconds() - 30);
        let again = site.fill(&mut browser, &again, LOGIN, &human.password, &older).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        site.clock.forward(30);
        let next = human.code(site.seconds());
        let grouped = format!(" {} {} ", &next[..3], &next[3..]);
        let signed_in =
            site.fill(&mut browser, &again, " Controller@Norrsken.example", &human.password, &grouped).await;
        assert!(signed_in.redirected().contains_key("code"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_taken_once_in_its_own_browser_and_not_for_long() {
    let site = Site::open().await;
    let human = site.person().await;
    let code = || human.code(site.seconds());
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    let page = site.show(&mut browser, &site.request()).await;
    let others = site.show(&mut other, &site.request()).await;
    let refused = |reply: &Reply| {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{reply:?}");
        assert!(!reply.body.contains("<form"), "{reply:?}");
    };
    refused(&site.fill(&mut browser, &others, LOGIN, &human.password, &code()).await);
    refused(&site.fill(&mut Browser::default(), &page, LOGIN, &human.password, &code()).await);
    let mut changed = Reply { body: page.body.clone(), ..site.show(&mut browser, &site.request()).await };
    changed.body = changed.body.replacen("name=\"form\" value=\"", "name=\"form\" value=\"A", 1);
    refused(&site.fill(&mut browser, &changed, LOGIN, &human.password, &code()).await);
    site.fill(&mut browser, &page, LOGIN, &human.password, &code()).await.redirected();
    site.clock.forward(30);
    refused(&site.fill(&mut browser, &page, LOGIN, &human.password, &code()).await);
    site.clock.forward(600);
    refused(&site.fill(&mut other, &others, LOGIN, &human.password, &code()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_another_client_or_redirect_is_sent_nowhere() {
    let site = Site::open().await;
    let request = site.request();
    for changed in [
        with(&request, "client_id", "somebody"),
        without(&request, "client_id"),
        without(&request, "redirect_uri"),
        with(&request, "redirect_uri", "https://evil.example/"),
        with(&request, "redirect_uri", "http://localhost:49152/"),
        with(&request, "redirect_uri", "http://127.0.0.1:49152@evil.example/"),
        [request.clone(), vec![("client_id", "attest-desktop".to_owned())]].concat(),
    ] {
        let reply = site.show(&mut Browser::default(), &changed).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{changed:?}");
        assert!(reply.headers.get("location").is_none() && !reply.body.contains("<form"), "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_is_told_what_its_request_lacks() {
    let site = Site::open().await;
    let request = site.request();
    for (changed, error) in [
        (with(&request, "response_type", "token"), "unsupported_response_type"),
        (without(&request, "code_challenge"), "invalid_request"),
        (with(&request, "code_challenge", "short"), "invalid_request"),
        (with(&request, "code_challenge_method", "plain"), "invalid_request"),
        (without(&request, "state"), "invalid_request"),
        ([request.clone(), vec![("dpop_jkt", "short".to_owned())]].concat(), "invalid_request"),
        ([request.clone(), vec![("scope", "everything".to_owned())]].concat(), "invalid_scope"),
    ] {
        let answer = site.show(&mut Browser::default(), &changed).await.redirected();
        assert_eq!((answer["error"].as_str(), &answer["iss"]), (error, &site.origin()), "{changed:?}");
        let state = request.iter().find(|field| field.0 == "state").map(|field| &field.1);
        let has_state = changed.iter().any(|field| field.0 == "state");
        assert_eq!(answer.get("state"), state.filter(|_| has_state));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_nothing_loads_nothing_and_leads_to_the_desktop_alone() {
    let site = Site::open().await;
    let request = with(&site.request(), "device", "<script>alert(1)</script>");
    let page = site.show(&mut Browser::default(), &request).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<script") && page.body.contains("&lt;script&gt;"), "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:49152;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && page.header("cache-control") == "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    for label in ["username", "password", "code"] {
        assert!(page.body.contains(&format!("<label for=\"{label}\">")), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_swedish_to_who_asks_for_it() {
    let site = Site::open().await;
    let url = format!("{}/oauth/authorize?{}", site.origin(), crate::site::form(&site.request()));
    let page = site.http.get(url).header("accept-language", "sv-SE,en;q=0.5").send().await.unwrap();
    assert_eq!(page.headers()["content-language"], "sv");
    let body = page.text().await.unwrap();
    assert!(body.contains("<html lang=\"sv\">") && body.contains("Lösenord"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_session_and_the_old_one() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let tokens = site.tokens(&human, &key).await;
        let fresh = "ett alldeles nytt lösenord";
        assert!(operate::reset_person(site.running.backend(), LOGIN, "short").await.is_err());
        let uri = operate::reset_person(site.running.backend(), LOGIN, fresh).await.unwrap().unwrap();
        let reply = site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await;
        assert_eq!((reply.status, reply.problem().as_str()), (StatusCode::UNAUTHORIZED, "token.invalid"));
        let refused = site.token(&key, &crate::site::refresh(&tokens.refresh_token.unwrap())).await;
        assert_eq!(refused.refusal(), "invalid_grant");
        site.clock.forward(60);
        let mut browser = Browser::default();
        let page = site.show(&mut browser, &site.request()).await;
        let old = site.fill(&mut browser, &page, LOGIN, &human.password, &human.code(site.seconds())).await;
        assert_eq!(old.status, StatusCode::FORBIDDEN);
        let human = crate::site::Human::new(LOGIN, fresh, &uri);
        let code = site.code(&human).await;
        assert_eq!(site.token(&key, &redeem(&code)).await.status, StatusCode::OK);
        assert!(operate::reset_person(site.running.backend(), "nobody", fresh).await.unwrap().is_none());
    }
}
