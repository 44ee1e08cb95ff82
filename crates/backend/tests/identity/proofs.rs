//! DPoP: what a proof has to be.

use crate::site::{Key, Proof, Reply, Site, redeem, refresh};
use data_encoding::BASE64URL_NOPAD;
use reqwest::{Method, StatusCode};
use serde_json::json;

/// A signed-in desktop.
struct Desktop {
    site: Site,
    key: Key,
    token: String,
    refresh: String,
}

impl Desktop {
    async fn open() -> Self {
        Self::on(Site::open().await).await
    }

    async fn on(site: Site) -> Self {
        let (human, key) = (site.person().await, Key::new(1));
        let tokens = site.tokens(&human, &key).await;
        Self { site, key, token: tokens.access_token, refresh: tokens.refresh_token.unwrap() }
    }

    /// A proof that would hold.
    fn proof(&self) -> Proof {
        Proof::new("GET", &format!("{}/v1/me", self.site.origin()), self.site.seconds())
            .for_token(&self.token)
    }

    async fn ask(&self, proof: &str) -> Reply {
        self.site.ask_with(Method::GET, "/v1/me", &self.token, proof).await
    }

    #[track_caller]
    fn assert_refused(reply: &Reply, why: &str) {
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{why}: {reply:?}");
        assert_eq!(reply.problem(), "dpop.invalid", "{why}");
        assert!(
            reply.header("www-authenticate").contains("error=\"invalid_dpop_proof\""),
            "{why}: {reply:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_holds_for_one_request_alone() {
    let desktop = Desktop::open().await;
    let (key, origin) = (&desktop.key, desktop.site.origin());
    let proof = key.proof(&desktop.proof());
    assert_eq!(desktop.ask(&proof).await.status, StatusCode::OK);
    Desktop::assert_refused(&desktop.ask(&proof).await, "used before");
    let port = desktop.site.running.address.port();
    for (why, proof) in [
        ("another method", desktop.proof().claim("htm", "POST")),
        ("another path", desktop.proof().claim("htu", format!("{origin}/v1/me/devices"))),
        ("another host", desktop.proof().claim("htu", "https://evil.example/v1/me")),
        ("another port", desktop.proof().claim("htu", format!("https://127.0.0.1:{}/v1/me", port ^ 1))),
        ("not encrypted", desktop.proof().claim("htu", origin.replace("https", "http") + "/v1/me")),
        ("another token", desktop.proof().for_token("attest_at_another")),
        ("no token", desktop.proof().claim("ath", serde_json::Value::Null)),
        ("no identifier", desktop.proof().claim("jti", "")),
        ("no number", desktop.proof().claim("iat", "now")),
    ] {
        Desktop::assert_refused(&desktop.ask(&key.proof(&proof)).await, why);
    }
    let query = desktop.proof().claim("htu", format!("{origin}/v1/me?a=b#c"));
    assert_eq!(desktop.ask(&key.proof(&query)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_signed_with_es256_by_the_key_it_shows() {
    let desktop = Desktop::open().await;
    let key = &desktop.key;
    let with_header = |name: &str, value: serde_json::Value| {
        let mut proof = desktop.proof();
        proof.header[name] = value;
        key.proof(&proof)
    };
    let mut private = key.jwk();
    private["d"] = json!(BASE64URL_NOPAD.encode(&[1; 32]));
    let octets = json!({"kty": "oct", "k": "AAAA"});
    let good = key.proof(&desktop.proof());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut changed = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    changed[63] ^= 1;
    for (why, proof) in [
        ("type", with_header("typ", json!("jwt"))),
        ("no signature", with_header("alg", json!("none"))),
        ("another algorithm", with_header("alg", json!("RS256"))),
        ("symmetric", with_header("alg", json!("HS256"))),
        ("unknown extension", with_header("crit", json!(["exp"]))),
        ("another key", with_header("jwk", Key::new(2).jwk())),
        ("private key", with_header("jwk", private)),
        ("symmetric key", with_header("jwk", octets)),
        ("no key", with_header("jwk", json!({}))),
        ("changed signature", format!("{signed}.{}", BASE64URL_NOPAD.encode(&changed))),
        ("no signature at all", format!("{signed}.")),
        ("not a JWT", "proof".to_owned()),
        ("too long", format!("{good}{}", "A".repeat(5_000))),
    ] {
        Desktop::assert_refused(&desktop.ask(&proof).await, why);
    }
    let request = desktop.site.http.get(format!("{}/v1/me", desktop.site.origin()));
    let twice = request.header("authorization", format!("DPoP {}", desktop.token));
    let twice = twice.header("dpop", &good).header("dpop", key.proof(&desktop.proof()));
    assert_eq!(twice.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(desktop.ask(&good).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_tokens_counts_once_too() {
    for site in Site::on_each_database().await {
        let desktop = Desktop::on(site).await;
        let address = format!("{}/oauth/token", desktop.site.origin());
        let proof = desktop.key.proof(&Proof::new("POST", &address, desktop.site.seconds()));
        let fields = refresh(&desktop.refresh);
        assert_eq!(desktop.site.token_with(Some(&proof), &fields).await.status, StatusCode::OK);
        let again = desktop.site.token_with(Some(&proof), &fields).await;
        assert_eq!(again.refusal(), "invalid_dpop_proof");
        // A second process knows it too.
        let second = desktop.site.second_process().await;
        let address = format!("{}/oauth/token", second.origin());
        let proof = desktop.key.proof(&Proof::new("POST", &address, second.seconds()));
        assert_eq!(second.token_with(Some(&proof), &fields).await.status, StatusCode::OK);
        let again = second.token_with(Some(&proof), &fields).await;
        assert_eq!(again.refusal(), "invalid_dpop_proof");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_two_days_off_is_no_hindrance() {
    let site = Site::open().await;
    let human = site.person().await;
    for (number, skew) in [(1, -48 * 3_600), (2, 48 * 3_600)] {
        let key = Key::new(number);
        let token_address = format!("{}/oauth/token", site.origin());
        let fields = redeem(&site.code(&human).await);
        let proof = Proof::new("POST", &token_address, site.seconds() + skew);
        let asked = site.token_with(Some(&key.proof(&proof)), &fields).await;
        assert_eq!(asked.refusal(), "use_dpop_nonce");
        let nonce = asked.header("dpop-nonce").to_owned();
        let tokens: attest_wire::identity::TokenAnswer =
            site.token_with(Some(&key.proof(&proof.claim("nonce", nonce))), &fields).await.json();

        let proof = Proof::new("GET", &format!("{}/v1/me", site.origin()), site.seconds() + skew);
        let proof = proof.for_token(&tokens.access_token);
        let asked = site.ask_with(Method::GET, "/v1/me", &tokens.access_token, &key.proof(&proof)).await;
        assert_eq!((asked.status, asked.problem().as_str()), (StatusCode::UNAUTHORIZED, "dpop.nonce"));
        assert!(asked.header("www-authenticate").contains("error=\"use_dpop_nonce\""), "{asked:?}");
        let proof = key.proof(&proof.claim("nonce", asked.header("dpop-nonce")));
        let answered = site.ask_with(Method::GET, "/v1/me", &tokens.access_token, &proof).await;
        assert_eq!(answered.status, StatusCode::OK, "{answered:?}");
        assert!(!answered.header("dpop-nonce").is_empty());
        site.clock.forward(60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_ours_and_fresh_or_a_new_one_is_given() {
    let desktop = Desktop::open().await;
    let key = &desktop.key;
    let nonce = desktop.ask(&key.proof(&desktop.proof())).await.header("dpop-nonce").to_owned();
    let (at, mac) = nonce.split_once('.').unwrap();
    let later = format!("{}.{mac}", at.parse::<i64>().unwrap() + 1);
    for foreign in [later.as_str(), "made up", "1.2", ""] {
        let reply = desktop.ask(&key.proof(&desktop.proof().claim("nonce", foreign))).await;
        assert_eq!(reply.problem(), "dpop.nonce", "{foreign}");
    }
    desktop.site.clock.forward(250);
    let old = desktop.proof().claim("nonce", nonce.as_str()).claim("iat", 0);
    assert_eq!(desktop.ask(&key.proof(&old)).await.status, StatusCode::OK);
    let fields = refresh(&desktop.refresh);
    desktop.site.clock.forward(51);
    let address = format!("{}/oauth/token", desktop.site.origin());
    let stale = Proof::new("POST", &address, desktop.site.seconds()).claim("nonce", nonce);
    let reply = desktop.site.token_with(Some(&key.proof(&stale)), &fields).await;
    assert_eq!(reply.refusal(), "use_dpop_nonce");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_without_a_nonce_was_made_within_five_minutes() {
    let desktop = Desktop::open().await;
    let at = desktop.site.seconds();
    for (skew, status) in [
        (300, StatusCode::OK),
        (-300, StatusCode::OK),
        (301, StatusCode::UNAUTHORIZED),
        (-301, StatusCode::UNAUTHORIZED),
    ] {
        let proof = desktop.key.proof(&desktop.proof().claim("iat", at + skew));
        assert_eq!(desktop.ask(&proof).await.status, status, "{skew}");
    }
}
