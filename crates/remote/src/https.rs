//! HTTPS: TLS 1.3 alone, trusting the system's certificates or exactly the given one.

use crate::{
    error::RemoteError,
    transport::{BodyStream, Exchange, Transport},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use reqwest::{Certificate, Client, Identity, Url, redirect, tls};
use std::time::Duration;

/// Longest pause while connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest pause between two pieces of an answer; a signal's keep-alive comes every 15 seconds.
const PAUSE: Duration = Duration::from_secs(45);

/// Whose certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operating system's.
    System,
    /// This certificate (PEM) and no other.
    Certificate(Vec<u8>),
}

fn parse(base: &str) -> Result<Url, RemoteError> {
    let url: Url = base
        .parse()
        .map_err(|error: <Url as std::str::FromStr>::Err| RemoteError::Setup(error.to_string()))?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return Err(RemoteError::Setup(format!("{base} does not begin with https://")));
    }
    Ok(url)
}

/// `https://host[:port]` of an address, in its one spelling: what issues tokens and what proofs name.
pub(crate) fn origin(base: &str) -> Result<String, RemoteError> {
    Ok(parse(base)?.origin().ascii_serialization())
}

/// Name and value of each parameter in a query, decoded, in their order.
pub(crate) fn query(target: &str) -> Option<Vec<(String, String)>> {
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    Some(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// A connection to one host.
#[derive(Clone, Debug)]
pub struct Https {
    client: Client,
    base: Url,
}

impl Https {
    /// A client for `base`, such as `https://log.example`. Connects with the first request.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] for an address that is not `https` or a certificate that does not read.
    pub fn new(base: &str, trust: &Trust) -> Result<Self, RemoteError> {
        Self::build(base, trust, None)
    }

    /// The same for a program that shows a certificate (mutual TLS): its chain and its key in one PEM text.
    ///
    /// # Errors
    /// [`RemoteError::Setup`], also for an identity that does not read.
    pub fn with_identity(base: &str, trust: &Trust, identity: &str) -> Result<Self, RemoteError> {
        Self::build(base, trust, Some(identity))
    }

    fn build(base: &str, trust: &Trust, identity: Option<&str>) -> Result<Self, RemoteError> {
        let setup = |error: &dyn std::fmt::Display| RemoteError::Setup(error.to_string());
        let base = parse(base)?;
        let mut builder = Client::builder()
            .https_only(true)
            .tls_backend_rustls()
            .tls_version_min(tls::Version::TLS_1_3)
            // A redirect would send the credentials to another place.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(PAUSE);
        if let Trust::Certificate(pem) = trust {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| setup(&error))?;
            builder = builder.tls_certs_only(certificates);
        }
        if let Some(pem) = identity {
            // What a reader says of a key could repeat some of it.
            let identity = Identity::from_pem(pem.as_bytes()).map_err(|_| {
                RemoteError::Setup("the client certificate and its key do not read".to_owned())
            })?;
            builder = builder.identity(identity);
        }
        Ok(Self { client: builder.build().map_err(|error| setup(&error))?, base })
    }
}

impl Transport for Https {
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let url = self.base.join(&head.uri.to_string()).map_err(|_| RemoteError::Garbled("address"))?;
            let sent = self.client.request(head.method, url).headers(head.headers).body(body).send();
            let answer = sent.await.map_err(|error| failed(&error))?;
            let mut response = http::Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                *headers = answer.headers().clone();
            }
            let body: BodyStream = answer.bytes_stream().map_err(|error| failed(&error)).boxed();
            response.body(body).map_err(|_| RemoteError::Garbled("answer"))
        })
    }
}

fn failed(error: &reqwest::Error) -> RemoteError {
    if error.is_timeout() {
        return RemoteError::Timeout;
    }
    // The innermost reason tells most; the address is left out, it may be in a log.
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    RemoteError::Unreachable(reason.to_string())
}
