//! Members of a company and their administrator.

use crate::site::{Key, Reply, Site};
use attest_backend::operate::{self, Target};
use attest_domain::roles::Role;
use attest_wire::tenant::{MemberView, Members};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Somebody signed in.
struct Person {
    key: Key,
    token: String,
    subject: String,
}

impl Person {
    async fn sign_in(site: &Site, login: &str, role: Role, key: u8) -> Self {
        let (human, key) = (site.person_as(login, role).await, Key::new(key));
        let token = site.tokens(&human, &key).await.access_token;
        let me: Value = site.ask(Method::GET, "/v1/me", &key, &token).await.json();
        Self { key, token, subject: me["subject"].as_str().unwrap().to_owned() }
    }

    async fn ask(&self, site: &Site, method: Method, path: &str) -> Reply {
        let path = format!("/v1/tenants/{}/{path}", site.tenant);
        site.ask(method, &path, &self.key, &self.token).await
    }

    async fn put(&self, site: &Site, subject: &str, body: &Value) -> Reply {
        let path = format!("/v1/tenants/{}/members/{subject}", site.tenant);
        site.put(&path, &self.key, &self.token, body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_changes_a_role_and_the_log_tells_it() {
    for site in Site::on_each_database().await {
        let admin = Person::sign_in(&site, "admin", Role::Admin, 1).await;
        let operator = Person::sign_in(&site, "operator", Role::Operator, 2).await;
        let list: Members = admin.ask(&site, Method::GET, "members").await.json();
        assert_eq!(list.members.len(), 2);
        let size = site.events().await.len();
        let wanted = json!({
            "role": "controller", "reason": "holiday cover",
            "scope": {"accounts": ["123/SEK"], "amount_max": "1000"},
        });
        let changed: MemberView = admin.put(&site, &operator.subject, &wanted).await.json();
        assert_eq!((changed.role, changed.name.as_deref()), (Role::Controller, Some("Kim Testsson")));
        // The same again changes nothing.
        admin.put(&site, &operator.subject, &wanted).await.json::<MemberView>();
        let events = site.events().await;
        assert_eq!(events.len(), size + 1);
        let event = &events[size];
        assert_eq!(event["action"], "member.change");
        assert_eq!(event["object"], json!({"type": "member", "id": operator.subject, "version": 2}));
        assert_eq!(
            (&event["actor"]["id"], &event["actor"]["auth"]),
            (&json!(admin.subject), &json!("password"))
        );
        assert_eq!(event["before"]["role"], "operator");
        assert_eq!(event["after"], json!({"role": "controller", "accounts": 1, "amount_max": "1000"}));
        // Name and account are disclosures.
        assert_eq!(event["_sd"].as_array().unwrap().len(), 2);
        assert!(!event.to_string().contains("Kim") && !event.to_string().contains("123/SEK"), "{event}");
        let me: Value = site.ask(Method::GET, "/v1/me", &operator.key, &operator.token).await.json();
        assert_eq!(me["tenants"][0]["role"], "controller");

        let path = format!("members/{}", operator.subject);
        let removed = admin.ask(&site, Method::DELETE, &path).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        let events = site.events().await;
        assert_eq!((events.len(), &events[size + 1]["action"]), (size + 2, &json!("member.remove")));
        assert_eq!(events[size + 1]["object"]["version"], 3);
        // What the log concealed of somebody who is gone can be erased, and the name with it.
        let (backend, target) = (site.running.backend(), Target::Object(operator.subject.clone()));
        let erased = operate::erase(backend, site.tenant, &target, "gdpr.17").await.unwrap();
        assert_eq!((erased.events, erased.disclosures), (3, 5));
        let me: Value = site.ask(Method::GET, "/v1/me", &operator.key, &operator.token).await.json();
        assert_eq!(me.get("name"), None);
        // The person is still somebody, and the company does not exist for it any more.
        let gone = operator.ask(&site, Method::GET, "log/checkpoint").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(admin.ask(&site, Method::DELETE, &path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_administrator_manages_members_and_nobody_itself() {
    let site = Site::open().await;
    let admin = Person::sign_in(&site, "admin", Role::Admin, 1).await;
    let cfo = Person::sign_in(&site, "cfo", Role::Cfo, 2).await;
    let controller = json!({"role": "controller"});
    assert_eq!(cfo.ask(&site, Method::GET, "members").await.status, StatusCode::FORBIDDEN);
    assert_eq!(cfo.put(&site, &admin.subject, &controller).await.problem(), "denied");
    let path = format!("members/{}", admin.subject);
    assert_eq!(cfo.ask(&site, Method::DELETE, &path).await.problem(), "denied");
    assert_eq!(admin.put(&site, &admin.subject, &controller).await.problem(), "member.self");
    assert_eq!(admin.ask(&site, Method::DELETE, &path).await.problem(), "member.self");
    for (wanted, problem) in [
        (json!({"role": "worker"}), "role.kind"),
        (json!({"role": "owner"}), "body.unreadable"),
        (json!({"role": "cfo", "rights": "all"}), "body.unreadable"),
        (json!({"role": "cfo", "reason": "x".repeat(101)}), "reason.length"),
    ] {
        assert_eq!(admin.put(&site, &cfo.subject, &wanted).await.problem(), problem, "{wanted}");
    }
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(admin.put(&site, nobody, &controller).await.problem(), "not_found");
}
