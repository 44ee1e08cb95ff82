//! A person signs in with password and authenticator.

use crate::site::{Key, LOGIN, Site};
use attest_wire::tenant::Me;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_desktop_acts_in_its_name() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let answer = site.sign_in(&human).await;
    assert_eq!(answer["state"], "state & more");
    assert_eq!(answer["iss"], site.origin());
    let tokens = site.tokens_of(&key, &answer["code"]).await;
    assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("DPoP", 300));
    let me: Me = site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await.json();
    assert_eq!((me.name.as_deref(), me.auth.as_str()), (Some("Kim Testsson"), "password"));
    assert_eq!(me.tenants[0].id, site.tenant);
    assert!(!format!("{me:?}").contains(LOGIN));
    let refreshed = site.refreshed(&key, &tokens.refresh_token.unwrap()).await;
    assert_ne!(refreshed.access_token, tokens.access_token);
    site.ask(Method::GET, "/v1/me", &key, &refreshed.access_token).await.json::<Me>();
}
