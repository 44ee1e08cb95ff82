//! What lies under and beside signing in: TLS, the service's names, its description, and what is logged of it.

use crate::site::{Key, LOGIN, PASSWORD, Proof, Site, client, redeem};
use attest_wire::identity::ServerMetadata;
use reqwest::{Method, StatusCode};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
};

/// A greeting of TLS 1.2 as its clients send it: no extension that knows of 1.3.
fn greeting() -> Vec<u8> {
    let mut extensions = vec![0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17];
    extensions.extend([0x00, 0x0d, 0x00, 0x04, 0x00, 0x02, 0x04, 0x03]);
    let mut hello = vec![0x03, 0x03];
    hello.extend([7; 32]);
    // No session, ECDHE with ECDSA and AES-GCM, no compression.
    hello.extend([0x00, 0x00, 0x02, 0xc0, 0x2b, 0x01, 0x00]);
    hello.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    hello.extend(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0x00, length + 4, 0x01, 0x00, 0x00, length];
    record.extend(hello);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_is_refused() {
    let site = Site::open().await;
    let mut stream = TcpStream::connect(site.running.address).unwrap();
    stream.write_all(&greeting()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    // A fatal alert, 70: protocol_version (RFC 8446 §6.2).
    assert_eq!(answer, [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 70]);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_1_signs_in_like_http_2() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let tokens = site.tokens(&human, &key).await;
    let http = client(&site.scratch, true);
    let proof = Proof::new("GET", &format!("{}/v1/me", site.origin()), site.seconds());
    let request = http.get(format!("{}/v1/me", site.origin()));
    let request = request.header("authorization", format!("dpop {}", tokens.access_token));
    let proof = key.proof(&proof.for_token(&tokens.access_token));
    let answer = request.header("dpop", proof).send().await.unwrap();
    assert_eq!((answer.version(), answer.status()), (reqwest::Version::HTTP_11, StatusCode::OK));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_another_service_cannot_be_replayed_under_its_name() {
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let token = site.tokens(&human, &key).await.access_token;
    // Whoever replays a proof writes the Host header too.
    let http = client(&site.scratch, true);
    let proof = Proof::new("GET", "https://evil.example/v1/me", site.seconds()).for_token(&token);
    let request = http.get(format!("{}/v1/me", site.origin())).header("host", "evil.example");
    let request = request.header("authorization", format!("DPoP {token}")).header("dpop", key.proof(&proof));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let metadata = http.get(format!("{}/.well-known/oauth-authorization-server", site.origin()));
    let answer = metadata.header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_describes_itself_under_the_name_it_is_called_by() {
    let site = Site::open().await;
    for host in ["127.0.0.1", "localhost"] {
        let origin = format!("https://{host}:{}", site.running.address.port());
        let address = format!("{origin}/.well-known/oauth-authorization-server");
        let metadata: ServerMetadata = site.http.get(address).send().await.unwrap().json().await.unwrap();
        assert_eq!(metadata.issuer, origin);
        assert_eq!(metadata.token_endpoint, format!("{origin}/oauth/token"));
        assert!(metadata.scopes_supported.contains(&"read_log".to_owned()));
    }
}

/// What is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_secret_or_a_person() {
    let lines = Lines::default();
    let sink = lines.clone();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter("debug,attest_backend=trace,tower_http=trace,sqlx=trace")
        .with_writer(move || sink.clone())
        .init();
    let site = Site::open().await;
    let (human, key) = (site.person().await, Key::new(1));
    let totp = human.code(site.seconds());
    let answer = site.sign_in(&human).await;
    let tokens = site.tokens_of(&key, &answer["code"]).await;
    site.ask(Method::GET, "/v1/me", &key, &tokens.access_token).await;
    let refresh = tokens.refresh_token.unwrap();
    let renewed = site.refreshed(&key, &refresh).await;
    // What goes wrong is logged most.
    assert_eq!(site.token(&key, &redeem(&answer["code"])).await.refusal(), "invalid_grant");
    site.ask_with(Method::GET, "/v1/me", &renewed.access_token, "no proof").await;
    site.running.stop().await.unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("listening"), "nothing was logged");
    let secrets = [PASSWORD, &totp, &answer["code"], &tokens.access_token, &refresh, &renewed.access_token];
    for secret in secrets.into_iter().chain([LOGIN, "Kim Testsson", "EK-LT-0142", "Norrsken"]) {
        if let Some(line) = text.lines().find(|line| line.contains(secret)) {
            panic!("{secret} stands in {line}");
        }
    }
}
