//! Programs that show certificates: on the machines' listener, over real handshakes.

use crate::site::{Reply, Site, form};
use attest_backend::operate::{self, Certified};
use attest_domain::roles::{Role, Scope};
use attest_wire::{
    identity::{ServerMetadata, TokenAnswer},
    tenant::Me,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use reqwest::{Client, Method, StatusCode};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SignatureScheme, StreamOwned,
    client::ResolvesClientCert,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};
use uuid::Uuid;

const BYTES: &[u8] = b"what a bank delivers";

/// A certificate with its key.
struct Identity {
    certificate: String,
    key: String,
}

fn parameters(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    parameters
}

impl Identity {
    /// One that vouches for itself.
    fn new(name: &str) -> Self {
        Self::within(name, (2026, 2028))
    }

    fn within(name: &str, years: (i32, i32)) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters(name, years).self_signed(&key).unwrap();
        Self { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// One that an authority issued.
    fn issued(authority: &Authority, name: &str, years: (i32, i32)) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters(name, years).signed_by(&key, authority).unwrap();
        Self { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn shown(&self) -> Certified<'_> {
        Certified::Certificate(&self.certificate)
    }

    fn client(&self, site: &Site) -> Client {
        let pem = format!("{}{}", self.key, self.certificate);
        let identity = reqwest::Identity::from_pem(pem.as_bytes()).unwrap();
        site.client_builder().identity(identity).build().unwrap()
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2040, 1, 1);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

async fn add(site: &Site, role: Role, shows: Certified<'_>) -> String {
    let (backend, scope) = (site.running.backend(), Scope::default());
    operate::add_certified_program(backend, site.tenant, "Bank", role, &scope, shows).await.unwrap()
}

/// Delivers a document without any header that says who.
async fn deliver(site: &Site, client: &Client, origin: &str, tenant: Uuid) -> Reply {
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(BYTES));
    let request = client.put(format!("{origin}/v1/tenants/{tenant}/documents/{sha256}?name=today.xml"));
    let _ = site;
    Reply::read(request.body(BYTES).send().await.unwrap()).await
}

async fn get(client: &Client, origin: &str, path: &str) -> Reply {
    Reply::read(client.get(format!("{origin}{path}")).send().await.unwrap()).await
}

async fn token(client: &Client, origin: &str, program: &str) -> Reply {
    let fields = [("grant_type", "client_credentials".to_owned()), ("client_id", program.to_owned())];
    let request = client.post(format!("{origin}/oauth/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(&fields));
    Reply::read(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_delivers_by_its_certificate_alone_and_reads_nothing() {
    for site in Site::on_each_database().await {
        let bank = Identity::new("bank.example");
        let id = add(&site, Role::Bank, bank.shown()).await;
        let (client, origin) = (bank.client(&site), site.machines());
        assert_eq!(deliver(&site, &client, &origin, site.tenant).await.status, StatusCode::CREATED);
        assert_eq!(deliver(&site, &client, &origin, site.tenant).await.status, StatusCode::OK);
        let me: Me = get(&client, &origin, "/v1/me").await.json();
        assert_eq!(
            (me.subject.as_str(), me.auth.as_str(), me.assurance.as_str()),
            (&*id, "certificate", "secret")
        );
        let log = get(&client, &origin, &format!("/v1/tenants/{}/log/checkpoint", site.tenant)).await;
        assert_eq!(log.status, StatusCode::FORBIDDEN);

        let events = site.events().await;
        let added = events.last().unwrap();
        assert_eq!((&added["action"], &added["object"]["id"]), (&"member.add".into(), &id.into()));
        assert_eq!((&added["actor"]["id"], &added["after"]["role"]), (&"backend".into(), &"bank".into()));
        assert_eq!(added["evidence"][0]["kind"], "certificate");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_nothing_or_something_else_is_nobody() {
    for site in Site::on_each_database().await {
        let (bank, stranger) = (Identity::new("bank.example"), Identity::new("bank.example"));
        add(&site, Role::Bank, bank.shown()).await;
        let origin = site.machines();
        let nobody = deliver(&site, &site.http, &origin, site.tenant).await;
        assert_eq!(
            (nobody.status, nobody.problem()),
            (StatusCode::UNAUTHORIZED, "credentials.missing".to_owned())
        );
        let unknown = deliver(&site, &stranger.client(&site), &origin, site.tenant).await;
        assert_eq!(
            (unknown.status, unknown.problem()),
            (StatusCode::UNAUTHORIZED, "certificate.unknown".to_owned())
        );
        // People's listener asks for no certificate, so showing one there shows nothing.
        let elsewhere = deliver(&site, &bank.client(&site), &site.origin(), site.tenant).await;
        assert_eq!(elsewhere.problem(), "credentials.missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_company_does_not_exist_for_a_certificate() {
    for site in Site::on_each_database().await {
        let bank = Identity::new("bank.example");
        add(&site, Role::Bank, bank.shown()).await;
        let other = operate::create_tenant(site.running.backend(), "Havnen ApS").await.unwrap();
        let (client, origin) = (bank.client(&site), site.machines());
        let theirs = deliver(&site, &client, &origin, other).await;
        let none = deliver(&site, &client, &origin, Uuid::new_v4()).await;
        assert_eq!((theirs.status, &theirs.body), (StatusCode::NOT_FOUND, &none.body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_holds_within_its_time_by_the_service_s_clock() {
    let site = Site::open().await;
    let (early, late) =
        (Identity::within("a.example", (2026, 2027)), Identity::within("b.example", (2027, 2028)));
    add(&site, Role::Bank, early.shown()).await;
    add(&site, Role::Bank, late.shown()).await;
    let (early, late, origin) = (early.client(&site), late.client(&site), site.machines());
    assert_eq!(deliver(&site, &early, &origin, site.tenant).await.status, StatusCode::CREATED);
    assert_eq!(deliver(&site, &late, &origin, site.tenant).await.problem(), "certificate.expired");
    site.clock.forward(60 * 24 * 60 * 60);
    assert_eq!(deliver(&site, &early, &origin, site.tenant).await.problem(), "certificate.expired");
    assert_eq!(deliver(&site, &late, &origin, site.tenant).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_certificate_takes_the_place_of_another_and_an_ended_one_never_comes_back() {
    for site in Site::on_each_database().await {
        let (old, new) = (Identity::new("bank.example"), Identity::new("bank.example"));
        let id = add(&site, Role::Bank, old.shown()).await;
        let backend = site.running.backend();
        operate::add_certificate(backend, &id, new.shown()).await.unwrap();
        let (first, second, origin) = (old.client(&site), new.client(&site), site.machines());
        for client in [&first, &second] {
            assert!(deliver(&site, client, &origin, site.tenant).await.status.is_success());
        }
        let held = operate::list_credentials(backend, &id).await.unwrap();
        assert_eq!(held.len(), 2);
        let der = CertificateDer::from_pem_slice(old.certificate.as_bytes()).unwrap();
        let thumbprint = data_encoding::HEXLOWER.encode(&Sha256::digest(&der));
        assert!(operate::end_credential(backend, &thumbprint).await.unwrap());
        assert!(!operate::end_credential(backend, &thumbprint).await.unwrap(), "it is ended once");
        assert_eq!(deliver(&site, &first, &origin, site.tenant).await.problem(), "certificate.unknown");
        assert!(deliver(&site, &second, &origin, site.tenant).await.status.is_success());
        assert!(operate::add_certificate(backend, &id, old.shown()).await.is_err());
        assert!(operate::add_certificate(backend, &id, new.shown()).await.is_err(), "it has one owner");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_certificate_is_of_use_with_that_certificate_alone() {
    for site in Site::on_each_database().await {
        let (worker, other) = (Identity::new("worker.example"), Identity::new("other.example"));
        let id = add(&site, Role::Worker, worker.shown()).await;
        let other_id = add(&site, Role::Worker, other.shown()).await;
        let (client, origin) = (worker.client(&site), site.machines());
        let tokens: TokenAnswer = token(&client, &origin, &id).await.json();
        assert_eq!((tokens.token_type.as_str(), tokens.refresh_token), ("Bearer", None));
        let me = async |client: &Client, origin: &str| {
            let request = client.get(format!("{origin}/v1/me")).bearer_auth(&tokens.access_token);
            Reply::read(request.send().await.unwrap()).await
        };
        assert_eq!(me(&client, &origin).await.json::<Me>().subject, id);
        for (client, origin) in
            [(&site.http, &origin), (&other.client(&site), &origin), (&client, &site.origin())]
        {
            assert_eq!(me(client, origin).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(token(&client, &origin, &other_id).await.refusal(), "invalid_client");
        assert_eq!(token(&site.http, &origin, &id).await.refusal(), "invalid_client");
        let held = operate::list_credentials(site.running.backend(), &id).await.unwrap();
        assert!(operate::end_credential(site.running.backend(), &held[0].id).await.unwrap());
        assert_eq!(
            me(&client, &origin).await.status,
            StatusCode::UNAUTHORIZED,
            "it ends with its certificate"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_s_certificate_is_known_by_a_name_in_it() {
    let (ours, theirs) = (authority(), authority());
    let site = Site::trusting(&ours.pem()).await;
    add(&site, Role::Bank, Certified::Name("Bank.Example")).await;
    let origin = site.machines();
    let tried = async |identity: &Identity| {
        let reply = deliver(&site, &identity.client(&site), &origin, site.tenant).await;
        if reply.status.is_success() { "taken".to_owned() } else { reply.problem() }
    };
    let now = (2026, 2027);
    assert_eq!(tried(&Identity::issued(&ours, "bank.example", now)).await, "taken");
    assert_eq!(tried(&Identity::issued(&ours, "BANK.example", now)).await, "taken");
    for (other, why) in [
        (Identity::issued(&ours, "other.example", now), "another name"),
        (Identity::issued(&ours, "*.example", now), "a wildcard"),
        (Identity::issued(&theirs, "bank.example", now), "another authority"),
        (Identity::new("bank.example"), "nobody's"),
    ] {
        assert_eq!(tried(&other).await, "certificate.unknown", "{why}");
    }
    assert_eq!(tried(&Identity::issued(&ours, "bank.example", (2020, 2025))).await, "certificate.expired");
    assert!(operate::end_credential(site.running.backend(), "bank.example").await.unwrap());
    assert_eq!(tried(&Identity::issued(&ours, "bank.example", now)).await, "certificate.unknown");
}

/// Shows a certificate whose key it does not have.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesClientCert for Impostor {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_its_key_ends_the_handshake() {
    let site = Site::open().await;
    let bank = Identity::new("bank.example");
    add(&site, Role::Bank, bank.shown()).await;
    let chain = CertificateDer::from_pem_slice(bank.certificate.as_bytes()).unwrap();
    let wrong =
        PrivateKeyDer::from_pem_slice(KeyPair::generate().unwrap().serialize_pem().as_bytes()).unwrap();
    let key = aws_lc_rs::sign::any_supported_type(&wrong).unwrap();
    let mut roots = RootCertStore::empty();
    let service = std::fs::read(site.scratch.path().join("certificate.pem")).unwrap();
    roots.add(CertificateDer::from_pem_slice(&service).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(Impostor(Arc::new(CertifiedKey::new(vec![chain], key)))));
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(site.running.machines().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let asked =
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let refused = asked.and_then(|()| stream.read_to_end(&mut answer)).unwrap_err();
    assert!(refused.to_string().contains("DecryptError"), "{refused}");
    assert!(answer.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_signing_in_says_where_certificates_are_taken() {
    let site = Site::open().await;
    let metadata: ServerMetadata =
        get(&site.http, &site.origin(), "/.well-known/oauth-authorization-server").await.json();
    assert!(metadata.tls_client_certificate_bound_access_tokens);
    assert!(metadata.token_endpoint_auth_methods_supported.contains(&"tls_client_auth".to_owned()));
    assert!(metadata.mtls_endpoint_aliases.unwrap().token_endpoint.ends_with("/oauth/token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_a_device_is_listed_without_being_of_use_and_ended_by_its_id() {
    for site in Site::on_each_database().await {
        let (backend, scope) = (site.running.backend(), Scope::default());
        let made = operate::add_program(backend, site.tenant, "ERP", Role::Controller, &scope).await;
        let (id, first) = made.unwrap();
        let second = operate::add_key(backend, &id).await.unwrap();
        let status = async |key: &str| {
            let request = site.http.get(format!("{}/v1/me", site.origin())).bearer_auth(key);
            request.send().await.unwrap().status()
        };
        assert_eq!((status(&first).await, status(&second).await), (StatusCode::OK, StatusCode::OK));
        let fields = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*first)];
        let fields: Vec<_> = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
        let token: TokenAnswer = site.token_with(None, &fields).await.json();

        let listed = operate::list_credentials(backend, &id).await.unwrap();
        assert!(
            listed.iter().all(|one| one.kind == "key" && one.ended.is_none() && !first.contains(&one.id))
        );
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(first.as_bytes()));
        let ended = listed.iter().find(|one| hash.starts_with(&one.id)).unwrap();
        assert!(operate::end_credential(backend, &ended.id).await.unwrap());
        assert_eq!((status(&first).await, status(&second).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
        assert_eq!(status(&token.access_token).await, StatusCode::UNAUTHORIZED, "what came of it ends too");
        for none in ["", "zz", "0000000000000000", &ended.id] {
            assert!(!operate::end_credential(backend, none).await.unwrap(), "{none}");
        }

        let (human, key) = (site.person().await, crate::site::Key::new(1));
        let tokens = site.tokens(&human, &key).await;
        let members = operate::list_members(backend, site.tenant).await.unwrap();
        let person = members.iter().find(|member| member.name.as_deref() == Some("Kim Testsson")).unwrap();
        let devices = operate::list_credentials(backend, &person.id).await.unwrap();
        assert_eq!((devices.len(), devices[0].kind), (1, "device"));
        assert!(operate::end_credential(backend, &devices[0].id).await.unwrap());
        let me = site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED);
        assert!(operate::add_key(backend, &person.id).await.is_err(), "people have no keys");
    }
}
