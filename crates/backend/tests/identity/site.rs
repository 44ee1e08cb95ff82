//! A service of one's own whose clock can be moved, a person with an authenticator, and a desktop with a key.

use attest_backend::{
    Config, Running,
    clock::Clock,
    config::MachinesConfig,
    operate::{self, Person},
    start,
};
use attest_domain::roles::{Role, Scope};
use attest_testkit::Scratch;
use attest_wire::identity::{TokenAnswer, TokenRefusal};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, any::AnyPoolOptions};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "granskogen är tät i år";
pub(crate) const LOGIN: &str = "controller@norrsken.example";
/// What a desktop keeps to itself until it redeems its code.
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0001";
/// Where in its folder the authority of programs' certificates lies.
const AUTHORITY: &str = "clients.pem";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:49152/signed-in";

/// A clock that a test moves.
#[derive(Debug)]
pub(crate) struct MovedClock(AtomicI64);

impl MovedClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A service with one company.
pub(crate) struct Site {
    pub(crate) scratch: Arc<Scratch>,
    database: Option<String>,
    pub(crate) running: Running,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) tenant: Uuid,
    /// A client that follows no redirect, so that they can be looked at.
    pub(crate) http: Client,
}

/// A person's password and authenticator.
#[derive(Clone)]
pub(crate) struct Human {
    pub(crate) login: String,
    pub(crate) password: String,
    secret: Vec<u8>,
}

/// What a browser keeps.
#[derive(Clone, Default)]
pub(crate) struct Browser(BTreeMap<String, String>);

/// An answer read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_on(None).await
    }

    /// One on each database; PostgreSQL is left out where the environment names no server.
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut sites = vec![Self::open().await];
        match std::env::var("ATTEST_POSTGRES") {
            Ok(server) => sites.push(Self::open_on(Some(make_database(&server).await)).await),
            Err(_) => println!("skipped on PostgreSQL, because ATTEST_POSTGRES names no server"),
        }
        sites
    }

    /// One that takes certificates of an authority (PEM).
    pub(crate) async fn trusting(authority: &str) -> Self {
        let scratch = Scratch::new();
        std::fs::write(scratch.path().join(AUTHORITY), authority).unwrap();
        Self::open_in(scratch, None).await
    }

    async fn open_on(database: Option<String>) -> Self {
        Self::open_in(Scratch::new(), database).await
    }

    async fn open_in(scratch: Scratch, database: Option<String>) -> Self {
        let clock = Arc::new(MovedClock(AtomicI64::new(0)));
        let running = start(config(&scratch, database.clone()), clock.clone()).await.unwrap();
        let tenant = operate::create_tenant(running.backend(), "Norrsken Handel AB").await.unwrap();
        let http = client(&scratch, false);
        Self { scratch: Arc::new(scratch), database, running, clock, tenant, http }
    }

    /// A second process over the same store, with the same clock.
    pub(crate) async fn second_process(&self) -> Self {
        let config = config(&self.scratch, self.database.clone());
        let running = start(config, self.clock.clone()).await.unwrap();
        Self {
            scratch: self.scratch.clone(),
            database: self.database.clone(),
            running,
            clock: self.clock.clone(),
            tenant: self.tenant,
            http: self.http.clone(),
        }
    }

    pub(crate) async fn person(&self) -> Human {
        self.person_as(LOGIN, Role::Controller).await
    }

    pub(crate) async fn person_as(&self, login: &str, role: Role) -> Human {
        let person = Person { name: "Kim Testsson", login, password: PASSWORD };
        let (_, uri) =
            operate::add_person(self.running.backend(), self.tenant, person, role, &Scope::default())
                .await
                .unwrap();
        Human::new(login, PASSWORD, &uri.unwrap())
    }

    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.running.address)
    }

    /// Where programs show certificates.
    pub(crate) fn machines(&self) -> String {
        format!("https://{}", self.running.machines().unwrap())
    }

    /// What a client that trusts the service begins with.
    pub(crate) fn client_builder(&self) -> reqwest::ClientBuilder {
        builder(&self.scratch)
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// What a desktop opens the browser with.
    pub(crate) fn request(&self) -> Vec<(&'static str, String)> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER.as_bytes()));
        [
            ("response_type", "code"),
            ("client_id", "attest-desktop"),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("state", "state & more"),
            ("device", "EK-LT-0142"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    pub(crate) async fn show(&self, browser: &mut Browser, request: &[(&'static str, String)]) -> Reply {
        let url = format!("{}/oauth/authorize?{}", self.origin(), form(request));
        browser.send(self.http.get(url)).await
    }

    /// Fills the form in and sends it.
    pub(crate) async fn fill(
        &self,
        browser: &mut Browser,
        page: &Reply,
        login: &str,
        password: &str,
        code: &str,
    ) -> Reply {
        let fields = [
            ("form", page.form()),
            ("username", login.to_owned()),
            ("password", password.to_owned()),
            ("code", code.to_owned()),
        ];
        let request = self.http.post(format!("{}/oauth/authorize", self.origin()));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(&fields));
        browser.send(request).await
    }

    /// Signs in with a new browser; answers what the redirect carries.
    pub(crate) async fn sign_in(&self, human: &Human) -> BTreeMap<String, String> {
        let mut browser = Browser::default();
        let page = self.show(&mut browser, &self.request()).await;
        let code = human.code(self.seconds());
        self.fill(&mut browser, &page, &human.login, &human.password, &code).await.redirected()
    }

    /// The code of a sign-in.
    pub(crate) async fn code(&self, human: &Human) -> String {
        self.sign_in(human).await["code"].clone()
    }

    /// Asks the token endpoint with a proof.
    pub(crate) async fn token(&self, key: &Key, fields: &[(&'static str, String)]) -> Reply {
        let proof = key.proof(&Proof::new("POST", &format!("{}/oauth/token", self.origin()), self.seconds()));
        self.token_with(Some(&proof), fields).await
    }

    pub(crate) async fn token_with(&self, proof: Option<&str>, fields: &[(&'static str, String)]) -> Reply {
        let mut request = self.http.post(format!("{}/oauth/token", self.origin()));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(fields));
        Reply::read(request.send().await.unwrap()).await
    }

    /// Signs in and redeems the code.
    pub(crate) async fn tokens(&self, human: &Human, key: &Key) -> TokenAnswer {
        self.tokens_of(key, &self.code(human).await).await
    }

    /// Redeems a code.
    pub(crate) async fn tokens_of(&self, key: &Key, code: &str) -> TokenAnswer {
        self.token(key, &redeem(code)).await.json()
    }

    /// Exchanges a refresh token.
    pub(crate) async fn refreshed(&self, key: &Key, token: &str) -> TokenAnswer {
        self.token(key, &refresh(token)).await.json()
    }

    /// Asks a resource with token and proof.
    pub(crate) async fn ask(&self, method: Method, path: &str, key: &Key, token: &str) -> Reply {
        let address = format!("{}{path}", self.origin());
        let proof = key.proof(&Proof::new(method.as_str(), &address, self.seconds()).for_token(token));
        self.ask_with(method, path, token, &proof).await
    }

    /// Sends a JSON body with token and proof.
    pub(crate) async fn put(&self, path: &str, key: &Key, token: &str, body: &Value) -> Reply {
        let address = format!("{}{path}", self.origin());
        let proof = key.proof(&Proof::new("PUT", &address, self.seconds()).for_token(token));
        let request = self.http.put(address).header("authorization", format!("DPoP {token}"));
        Reply::read(request.header("dpop", proof).json(body).send().await.unwrap()).await
    }

    /// The events of the company's log, as they lie in the store.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let file = format!("sqlite://{}", self.scratch.path().join("backend.db").display());
        let url = self.database.as_deref().unwrap_or(&file);
        let pool = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
        let leaves: Vec<Vec<u8>> =
            sqlx::query_scalar("select leaf from event where tenant = $1 order by seq")
                .bind(self.tenant.to_string())
                .fetch_all(&pool)
                .await
                .unwrap();
        pool.close().await;
        leaves.iter().map(|leaf| serde_json::from_slice(leaf).unwrap()).collect()
    }

    pub(crate) async fn ask_with(&self, method: Method, path: &str, token: &str, proof: &str) -> Reply {
        let request = self
            .http
            .request(method, format!("{}{path}", self.origin()))
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        Reply::read(request.send().await.unwrap()).await
    }
}

fn config(scratch: &Scratch, database: Option<String>) -> Config {
    let authority = scratch.path().join(AUTHORITY);
    let client_ca = if authority.exists() { vec![authority] } else { Vec::new() };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        listen,
        machines: Some(MachinesConfig { listen, client_ca }),
        data: scratch.path().to_owned(),
        database,
        ..Config::default()
    }
}

/// Makes an empty database in a PostgreSQL server; answers its address.
async fn make_database(server: &str) -> String {
    let name = format!("identity_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(server).await.unwrap();
    let sql = AssertSqlSafe(format!("create database {name}"));
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// A client that trusts the service's own certificate.
pub(crate) fn client(scratch: &Scratch, http_1: bool) -> Client {
    let builder = builder(scratch);
    if http_1 { builder.http1_only() } else { builder }.build().unwrap()
}

fn builder(scratch: &Scratch) -> reqwest::ClientBuilder {
    let pem = std::fs::read(scratch.path().join("certificate.pem")).unwrap();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&pem).unwrap()])
        .redirect(redirect::Policy::none())
}

/// The fields of a request for a code's tokens.
pub(crate) fn redeem(code: &str) -> Vec<(&'static str, String)> {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "attest-desktop"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The fields of a request for a refresh token's successor.
pub(crate) fn refresh(token: &str) -> Vec<(&'static str, String)> {
    [("grant_type", "refresh_token"), ("client_id", "attest-desktop"), ("refresh_token", token)]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

/// The fields with one of them changed.
pub(crate) fn with(
    fields: &[(&'static str, String)],
    name: &str,
    value: &str,
) -> Vec<(&'static str, String)> {
    let value = |old: &(&'static str, String)| if old.0 == name { value.to_owned() } else { old.1.clone() };
    fields.iter().map(|field| (field.0, value(field))).collect()
}

/// The fields without one of them.
pub(crate) fn without(fields: &[(&'static str, String)], name: &str) -> Vec<(&'static str, String)> {
    fields.iter().filter(|field| field.0 != name).cloned().collect()
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn form(fields: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        out.push_str(&format!("{}{name}={value}", if out.is_empty() { "" } else { "&" }));
    }
    out
}

impl Human {
    pub(crate) fn new(login: &str, password: &str, uri: &str) -> Self {
        let secret = uri.split_once("secret=").unwrap().1.split('&').next().unwrap();
        Self {
            login: login.to_owned(),
            password: password.to_owned(),
            secret: BASE32_NOPAD.decode(secret.as_bytes()).unwrap(),
        }
    }

    /// What the authenticator shows, by RFC 6238 and not by the service's code.
    pub(crate) fn code(&self, seconds: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).unwrap();
        mac.update(&(seconds / 30).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] % 16);
        let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// A code that the authenticator does not show around now.
    pub(crate) fn wrong_code(&self, seconds: i64) -> String {
        let shown: Vec<String> = (-2..=2).map(|step| self.code(seconds + step * 30)).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !shown.contains(code)).unwrap()
    }
}

impl Browser {
    async fn send(&mut self, request: RequestBuilder) -> Reply {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let reply = Reply::read(request.send().await.unwrap()).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            for attribute in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
                assert!(cookie.contains(attribute), "{cookie}");
            }
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
        reply
    }
}

impl Reply {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The sealed request of a form.
    pub(crate) fn form(&self) -> String {
        let start = self.body.split_once("name=\"form\" value=\"").unwrap_or_else(|| panic!("{self:?}")).1;
        start.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    /// The error of a refused request for tokens.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        assert!(self.status.is_client_error(), "{self:?}");
        serde_json::from_str::<TokenRefusal>(&self.body).unwrap().error
    }

    /// The code of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        serde_json::from_str::<Value>(&self.body).unwrap()["code"].as_str().unwrap().to_owned()
    }

    /// What a redirect to the desktop carries.
    #[track_caller]
    pub(crate) fn redirected(&self) -> BTreeMap<String, String> {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        let (address, query) = self.header("location").split_once('?').unwrap();
        assert_eq!(address, REDIRECT);
        query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A desktop's key.
pub(crate) struct Key(SigningKey);

/// What a proof says.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Proof {
    pub(crate) fn new(method: &str, address: &str, at: i64) -> Self {
        Self {
            header: json!({"typ": "dpop+jwt", "alg": "ES256"}),
            claims: json!({"jti": Uuid::new_v4().to_string(), "htm": method, "htu": address, "iat": at}),
        }
    }

    pub(crate) fn for_token(mut self, token: &str) -> Self {
        self.claims["ath"] = BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes())).into();
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }
}

impl Key {
    /// A key of its own for every number.
    pub(crate) fn new(number: u8) -> Self {
        Self(SigningKey::from_slice(&[number; 32]).unwrap())
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        json!({
            "kty": "EC", "crv": "P-256",
            "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
        })
    }

    pub(crate) fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let text = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":{},\"y\":{}}}", jwk["x"], jwk["y"]);
        BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
    }

    /// Signs a proof, with this key in its header unless it names one.
    pub(crate) fn proof(&self, proof: &Proof) -> String {
        let mut header = proof.header.clone();
        if header.get("jwk").is_none() {
            header["jwk"] = self.jwk();
        }
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&proof.claims));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }
}
