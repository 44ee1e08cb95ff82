//! Where a person is signed in, and ending it there.

use crate::site::{Key, Site, form, refresh};
use attest_domain::roles::Role;
use attest_wire::identity::Devices;
use reqwest::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_ends_the_sign_in_on_a_lost_laptop_from_another() {
    for site in Site::on_each_database().await {
        let (human, lost, kept) = (site.person().await, Key::new(1), Key::new(2));
        let on_lost = site.tokens(&human, &lost).await;
        site.clock.forward(60);
        let on_kept = site.tokens(&human, &kept).await;
        let list: Devices =
            site.ask(Method::GET, "/v1/me/devices", &kept, &on_kept.access_token).await.json();
        assert_eq!(list.devices.len(), 2);
        assert_eq!(list.devices.iter().map(|device| device.current).collect::<Vec<_>>(), [true, false]);
        let device = &list.devices[1];
        assert_eq!((device.name.as_str(), device.auth.as_str()), ("EK-LT-0142", "password"));
        assert_eq!(device.created, "2026-11-20T08:00:00.000Z");
        let path = format!("/v1/me/devices/{}", device.id);
        let ended = site.ask(Method::DELETE, &path, &kept, &on_kept.access_token).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        let reply = site.ask(Method::GET, "/v1/me", &lost, &on_lost.access_token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        let refused = site.token(&lost, &refresh(&on_lost.refresh_token.unwrap())).await;
        assert_eq!(refused.refusal(), "invalid_grant");
        assert_eq!(
            site.ask(Method::GET, "/v1/me", &kept, &on_kept.access_token).await.status,
            StatusCode::OK
        );
        let again = site.ask(Method::DELETE, &path, &kept, &on_kept.access_token).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_s_device_does_not_exist() {
    let site = Site::open().await;
    let (one, other) = (site.person().await, site.person_as("cfo", Role::Cfo).await);
    let (one_key, other_key) = (Key::new(1), Key::new(2));
    let of_one = site.tokens(&one, &one_key).await.access_token;
    let of_other = site.tokens(&other, &other_key).await.access_token;
    let list: Devices = site.ask(Method::GET, "/v1/me/devices", &one_key, &of_one).await.json();
    assert_eq!(list.devices.len(), 1);
    let path = format!("/v1/me/devices/{}", list.devices[0].id);
    let reply = site.ask(Method::DELETE, &path, &other_key, &of_other).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(site.ask(Method::GET, "/v1/me", &one_key, &of_one).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_what_came_of_the_sign_in() {
    for site in Site::on_each_database().await {
        let (human, key) = (site.person().await, Key::new(1));
        let tokens = site.tokens(&human, &key).await;
        let refresh_token = tokens.refresh_token.unwrap();
        for token in [refresh_token.as_str(), "a token of nobody"] {
            let request = site.http.post(format!("{}/oauth/revoke", site.origin()));
            let body = form(&[("token", token.to_owned()), ("token_type_hint", "refresh_token".to_owned())]);
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
            assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
        }
        assert_eq!(site.token(&key, &refresh(&refresh_token)).await.refusal(), "invalid_grant");
        let reply = site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
}
