//! Documents in a bucket, against a server that speaks the S3 protocol: verified on the way in and out there too.

use crate::{
    books::{IBAN, lines, statement},
    process::Process,
    site::{Client, Site, digest, import},
};
use attest_wire::tenant::{DocumentView, Documents};
use axum::{body::Bytes, extract::State, http::Uri};
use reqwest::{Method, StatusCode};
use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};
use uuid::Uuid;

/// Names the S3-compatible server that tests make their buckets in.
const S3: &str = "ATTEST_S3";
/// The server of the tests looks at who it is that asks, not at the signature.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=attest/20260101/eu-north-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=00";
/// Where a bucket is to be.
const LOCATION: &str = "<CreateBucketConfiguration><LocationConstraint>eu-north-1</LocationConstraint>\
                        </CreateBucketConfiguration>";

/// A bucket of a test's own, seen by somebody with the right to change what lies in it.
struct Bucket {
    http: reqwest::Client,
    server: String,
    name: String,
}

impl Bucket {
    /// Makes one in the server that the environment names; says what is skipped where it names none.
    async fn make(rule: &str) -> Option<Self> {
        let Ok(server) = std::env::var(S3) else {
            println!("skipped: {rule}, because {S3} names no server");
            return None;
        };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let bucket = Self { http, server, name: format!("attest-{}", Uuid::new_v4().simple()) };
        bucket.call(Method::PUT, "", LOCATION.into()).await;
        Some(bucket)
    }

    async fn call(&self, method: Method, key: &str, bytes: Vec<u8>) -> Vec<u8> {
        let url = format!("{}/{}{key}", self.server, self.name);
        let request = self.http.request(method, url).header("authorization", SIGNED);
        let request = request.header("content-type", "application/octet-stream");
        let reply = request.body(bytes).send().await.unwrap().error_for_status().unwrap();
        reply.bytes().await.unwrap().to_vec()
    }

    /// Keys of all that lies in it.
    async fn keys(&self) -> Vec<String> {
        let listing = String::from_utf8(self.call(Method::GET, "?list-type=2", Vec::new()).await).unwrap();
        let key = |part: &str| part.split_once("</Key>").unwrap().0.to_owned();
        listing.split("<Key>").skip(1).map(key).collect()
    }
}

/// A process that keeps documents in a bucket of this server, and somebody who may deliver there.
async fn process(server: &str, bucket: &str) -> (Process, Client, attest_testkit::Scratch) {
    process_with(server, bucket, "").await
}

async fn process_with(server: &str, bucket: &str, more: &str) -> (Process, Client, attest_testkit::Scratch) {
    let site = Site::on_sqlite().await;
    let client = site.controller().await;
    let scratch = site.stop().await;
    let config = format!(
        "data = {:?}\n[documents]\nurl = \"s3://{bucket}/papers\"\nendpoint = {server:?}\nregion = \"eu-se\"\n{more}\n",
        scratch.path()
    );
    let process = Process::start(&scratch.file("attest.toml", config));
    let client = client.at(process.address().await);
    (process, client, scratch)
}

#[tokio::test]
async fn a_document_in_a_bucket_is_kept_once_and_served_as_it_came_or_not_at_all() {
    let Some(bucket) = Bucket::make("documents in a bucket").await else { return };
    let (_process, client, scratch) = process(&bucket.server, &bucket.name).await;
    let bytes = statement(IBAN, 1, &["1.00", "-2.00"]);
    let sha256 = digest(&bytes);
    let path = format!("documents/{sha256}");

    assert_eq!(client.try_deliver(&sha256, &bytes).await.status, StatusCode::CREATED);
    assert_eq!(client.try_deliver(&sha256, &bytes).await.status, StatusCode::OK);
    let key = format!("papers/{}/documents/{}/{sha256}", client.tenant, &sha256[..2]);
    assert_eq!(bucket.keys().await, [key.as_str()]);
    assert!(!scratch.path().join("documents").join(client.tenant.to_string()).exists());
    assert_eq!(bucket.call(Method::GET, &format!("/{key}"), Vec::new()).await, bytes);
    assert_eq!(client.get(&path).await.bytes, bytes);

    let mut flipped = bytes.clone();
    flipped[100] ^= 0x20;
    assert_eq!(client.try_deliver(&sha256, &flipped).await.problem().code, "digest.differs");
    bucket.call(Method::PUT, &format!("/{key}"), flipped).await;
    assert_eq!(client.get(&path).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(client.refused(import(&bytes)).await.0, "document.damaged");

    // Delivered again it is whole again.
    let view: DocumentView = client.deliver(&bytes).await;
    assert_eq!(view.bytes, bytes.len() as u64);
    assert_eq!(client.get(&path).await.bytes, bytes);
    client.accept(import(&bytes)).await;
    client.accept(crate::books::comment(&lines(&bytes)[1], "asked")).await;

    bucket.call(Method::DELETE, &format!("/{key}"), Vec::new()).await;
    assert_eq!(client.get(&path).await.problem().status, 404);
}

/// A bucket behind TLS whose certificate nobody else vouches for; answers its address and the certificate.
async fn private_bucket() -> (String, String) {
    let named = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(named.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![named.cert.der().clone()], key)
        .unwrap();
    let kept: Arc<Mutex<BTreeMap<String, Bytes>>> = Arc::default();
    let answer = async |State(kept): State<Arc<Mutex<BTreeMap<String, Bytes>>>>,
                        method: Method,
                        uri: Uri,
                        body: Bytes| {
        let mut kept = kept.lock().unwrap();
        let headers = [("etag", "\"1\""), ("last-modified", "Fri, 20 Nov 2026 08:00:00 GMT")];
        match (method, kept.get(uri.path())) {
            (Method::PUT, None) => {
                kept.insert(uri.path().to_owned(), body);
                (StatusCode::OK, headers, Bytes::new())
            }
            (Method::PUT, Some(_)) => (StatusCode::PRECONDITION_FAILED, headers, Bytes::new()),
            (_, Some(bytes)) => (StatusCode::OK, headers, bytes.clone()),
            (_, None) => (StatusCode::NOT_FOUND, headers, Bytes::new()),
        }
    };
    let handle = axum_server::Handle::new();
    let config = axum_server::tls_rustls::RustlsConfig::from_config(Arc::new(tls));
    let server = axum_server::bind_rustls(([127, 0, 0, 1], 0).into(), config).handle(handle.clone());
    let router = axum::Router::new().fallback(answer).with_state(kept);
    tokio::spawn(server.serve(router.into_make_service()));
    let address: SocketAddr = handle.listening().await.unwrap();
    (format!("https://localhost:{}", address.port()), named.cert.pem())
}

#[tokio::test]
async fn a_bucket_of_a_private_authority_is_trusted_where_the_configuration_names_it() {
    let (server, certificate) = private_bucket().await;
    let bytes = statement(IBAN, 1, &["1.00"]);
    let (_process, client, scratch) = process(&server, "attest-private").await;
    let refused = client.try_deliver(&digest(&bytes), &bytes).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "nobody vouches for it");

    let authority = scratch.file("store-ca.pem", certificate);
    let more = format!("ca_file = {authority:?}");
    let (_process, client, _scratch) = process_with(&server, "attest-private", &more).await;
    client.deliver(&bytes).await;
    assert_eq!(client.get(&format!("documents/{}", digest(&bytes))).await.bytes, bytes);
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_keeps_nothing_and_says_when_to_come_back() {
    // A port that was free a moment ago: nobody listens there.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let (_process, client, _scratch) = process(&format!("http://127.0.0.1:{port}"), "attest-nowhere").await;
    let bytes = statement(IBAN, 1, &["1.00"]);
    let reply = client.try_deliver(&digest(&bytes), &bytes).await;
    assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("2")));
    assert_eq!(client.get("documents").await.json::<Documents>().documents, []);
}
