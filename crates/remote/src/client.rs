//! What a replica asks of the backend.

use crate::{
    error::RemoteError,
    sign_in::SignIn,
    transport::{BodyStream, Transport},
};
use attest_domain::{
    Digest,
    limits::{DOCUMENT_BYTES_MAX, EVENT_BYTES_MAX},
};
use attest_evidence::{
    bundle::{BUNDLE_EVENTS, Place},
    note::NOTE_BYTES_MAX,
};
use attest_wire::{
    Batch, BatchAnswer, Problem, percent_encoded,
    tenant::{Disclosures, DocumentView, Documents, Me},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Method, Request, StatusCode, header};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::{io::Read as _, sync::Arc, time::Duration};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Longest answer but documents, bundles and notes.
const JSON_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest bundle, unpacked: 256 events with their lengths.
const BUNDLE_BYTES_MAX: usize = BUNDLE_EVENTS as usize * (EVENT_BYTES_MAX + 2);
/// Longest answer in time, but documents; a sender that drips holds nobody for longer.
const ANSWER: Duration = Duration::from_secs(60);
/// Longest document in time.
const DOCUMENT: Duration = Duration::from_secs(30 * 60);

/// What a client proves who it is with.
#[derive(Clone)]
pub enum Credentials {
    /// An API key.
    Key(Zeroizing<String>),
    /// A person's sign-in on this device.
    SignIn(Arc<SignIn>),
    /// The certificate that the connection shows: see [`Https::with_identity`](crate::Https::with_identity).
    Certificate,
}

impl Credentials {
    /// What a program was given: a key, or a certificate with its key, which the connection has to show.
    #[must_use]
    pub fn of_program(secret: &Zeroizing<String>) -> Self {
        if is_identity(secret) { Self::Certificate } else { Self::Key(secret.clone()) }
    }
}

/// Whether what a program was given is a certificate with its key, PEM, and not an API key.
#[must_use]
pub fn is_identity(secret: &str) -> bool {
    secret.trim_start().starts_with("-----BEGIN ")
}

impl std::fmt::Debug for Credentials {
    /// Never the secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials")
    }
}

/// The backend as one member sees it.
#[derive(Clone, Debug)]
pub struct Remote {
    transport: Arc<dyn Transport>,
    credentials: Credentials,
}

impl Remote {
    /// The backend behind a transport.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, credentials: Credentials) -> Self {
        Self { transport, credentials }
    }

    /// Who the caller is, and its companies.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn me(&self) -> Result<Me, RemoteError> {
        self.json("answer", Method::GET, "/v1/me".to_owned(), Bytes::new()).await
    }

    /// The newest checkpoint, unverified.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn checkpoint(&self, tenant: Uuid) -> Result<Vec<u8>, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/log/checkpoint");
        self.bytes("checkpoint", Method::GET, path, Bytes::new(), NOTE_BYTES_MAX, ANSWER).await
    }

    /// The bytes of an entry bundle, unverified and unpacked.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn bundle(&self, tenant: Uuid, place: Place) -> Result<Vec<u8>, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/log/{}", place.path());
        let request = self.request(Method::GET, &path, Bytes::new())?;
        let read = async {
            let response = self.answered(request).await?;
            let packed = match response.headers().get(header::CONTENT_ENCODING) {
                None => false,
                Some(coding) if coding.as_bytes() == b"zstd" => true,
                Some(_) => return Err(RemoteError::Garbled("bundle")),
            };
            let bytes = collect("bundle", response.into_body(), BUNDLE_BYTES_MAX).await?;
            if packed { unpack(&bytes) } else { Ok(bytes) }
        };
        tokio::time::timeout(ANSWER, read).await.map_err(|_| RemoteError::Timeout)?
    }

    /// Disclosures of a range of the log, unverified.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn disclosures(&self, tenant: Uuid, from: u64, to: u64) -> Result<Disclosures, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/log/disclosures?from={from}&to={to}");
        let found: Disclosures = self.json("disclosures", Method::GET, path, Bytes::new()).await?;
        if found.next <= from || found.next > to {
            return Err(RemoteError::Garbled("list of disclosures"));
        }
        Ok(found)
    }

    /// The bytes of a document, checked against its digest.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn document(&self, tenant: Uuid, sha256: &Digest) -> Result<Vec<u8>, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/documents/{sha256}");
        let limit = usize::try_from(DOCUMENT_BYTES_MAX).unwrap_or(usize::MAX);
        let bytes = self.bytes("document", Method::GET, path, Bytes::new(), limit, DOCUMENT).await?;
        if Sha256::digest(&bytes).as_slice() == sha256.0 { Ok(bytes) } else { Err(RemoteError::Digest) }
    }

    /// Documents that were delivered and that nobody has imported yet.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn waiting_documents(&self, tenant: Uuid) -> Result<Documents, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/documents?waiting=true");
        self.json("list of documents", Method::GET, path, Bytes::new()).await
    }

    /// Delivers a document; delivering it again changes nothing.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn deliver(
        &self,
        tenant: Uuid,
        sha256: &Digest,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<DocumentView, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/documents/{sha256}?name={}", percent_encoded(name));
        let request = self.request(Method::PUT, &path, Bytes::from(bytes))?;
        let read = async {
            let response = self.answered(request).await?;
            collect("answer", response.into_body(), JSON_BYTES_MAX).await
        };
        let answer = tokio::time::timeout(DOCUMENT, read).await.map_err(|_| RemoteError::Timeout)??;
        let view: DocumentView =
            serde_json::from_slice(&answer).map_err(|_| RemoteError::Garbled("answer"))?;
        if view.sha256 == *sha256 { Ok(view) } else { Err(RemoteError::Garbled("answer")) }
    }

    /// Submits commands; the answers are in their order.
    ///
    /// # Errors
    /// [`RemoteError`]; sending the same batch again is safe.
    pub async fn submit(&self, tenant: Uuid, batch: &Batch) -> Result<BatchAnswer, RemoteError> {
        let body = serde_json::to_vec(batch).map_err(|_| RemoteError::Garbled("request"))?;
        let path = format!("/v1/tenants/{tenant}/commands");
        let answer: BatchAnswer = self.json("answer", Method::POST, path, Bytes::from(body)).await?;
        let keys = |batch: &Batch| batch.commands.iter().map(|one| one.key).collect::<Vec<_>>();
        if answer.answers.iter().map(|one| one.key).collect::<Vec<_>>() == keys(batch) {
            Ok(answer)
        } else {
            Err(RemoteError::Garbled("answer"))
        }
    }

    /// Listens for growth of the log.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn signals(&self, tenant: Uuid) -> Result<Signals, RemoteError> {
        let path = format!("/v1/tenants/{tenant}/log/signal");
        let request = self.request(Method::GET, &path, Bytes::new())?;
        let response = tokio::time::timeout(ANSWER, self.answered(request))
            .await
            .map_err(|_| RemoteError::Timeout)??;
        Ok(Signals { body: response.into_body(), line: Vec::new() })
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Bytes>, RemoteError> {
        let kind = if method == Method::PUT { attest_wire::BYTES_TYPE } else { "application/json" };
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT_ENCODING, "zstd")
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .map_err(|_| RemoteError::Garbled("request"))
    }

    /// The answer, where it is a good one.
    async fn answered(&self, mut request: Request<Bytes>) -> Result<http::Response<BodyStream>, RemoteError> {
        match &self.credentials {
            Credentials::Key(key) => {
                let mut bearer = http::HeaderValue::try_from(format!("Bearer {}", key.as_str()))
                    .map_err(|_| RemoteError::Setup("the key has characters that no key has".to_owned()))?;
                bearer.set_sensitive(true);
                request.headers_mut().insert(header::AUTHORIZATION, bearer);
                check(self.transport.exchange(request).await?).await
            }
            Credentials::SignIn(sign_in) => sign_in.send(&self.transport, request).await,
            Credentials::Certificate => check(self.transport.exchange(request).await?).await,
        }
    }

    async fn bytes(
        &self,
        what: &'static str,
        method: Method,
        path: String,
        body: Bytes,
        limit: usize,
        time: Duration,
    ) -> Result<Vec<u8>, RemoteError> {
        let request = self.request(method, &path, body)?;
        let read = async { collect(what, self.answered(request).await?.into_body(), limit).await };
        tokio::time::timeout(time, read).await.map_err(|_| RemoteError::Timeout)?
    }

    async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        method: Method,
        path: String,
        body: Bytes,
    ) -> Result<T, RemoteError> {
        let bytes = self.bytes(what, method, path, body, JSON_BYTES_MAX, ANSWER).await?;
        serde_json::from_slice(&bytes).map_err(|_| RemoteError::Garbled(what))
    }
}

/// The answer, unless it is a refusal.
pub(crate) async fn check(
    response: http::Response<BodyStream>,
) -> Result<http::Response<BodyStream>, RemoteError> {
    if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
}

/// What a refusal says.
pub(crate) async fn refusal(response: http::Response<BodyStream>) -> RemoteError {
    let status = response.status();
    let body = collect("problem", response.into_body(), NOTE_BYTES_MAX).await.unwrap_or_default();
    RemoteError::Refused(problem(status, &body))
}

/// What the status says counts; the body is only its words.
pub(crate) fn problem(status: StatusCode, body: &[u8]) -> Problem {
    let unknown = || Problem {
        code: "http".to_owned(),
        status: 0,
        detail: format!("The service answered with the status {}.", status.as_u16()),
        retry_after: None,
    };
    Problem { status: status.as_u16(), ..serde_json::from_slice(body).unwrap_or_else(|_| unknown()) }
}

/// The whole body, unless it is longer than an answer of this kind can be.
pub(crate) async fn collect(
    what: &'static str,
    mut body: BodyStream,
    limit: usize,
) -> Result<Vec<u8>, RemoteError> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece?;
        if bytes.len() + piece.len() > limit {
            return Err(RemoteError::TooLarge { what, limit });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, RemoteError> {
    let decoder =
        zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| RemoteError::Garbled("bundle"))?;
    let mut bytes = Vec::new();
    let limit = BUNDLE_BYTES_MAX as u64 + 1;
    decoder.take(limit).read_to_end(&mut bytes).map_err(|_| RemoteError::Garbled("bundle"))?;
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(RemoteError::TooLarge { what: "bundle", limit: BUNDLE_BYTES_MAX });
    }
    Ok(bytes)
}

/// Growth of the log as it is told.
pub struct Signals {
    body: BodyStream,
    line: Vec<u8>,
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Signals")
    }
}

impl Signals {
    /// The next size told; `None` when the service hung up.
    ///
    /// # Errors
    /// [`RemoteError`] when the connection broke or something else than signals came.
    pub async fn next(&mut self) -> Result<Option<u64>, RemoteError> {
        loop {
            while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.line.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(data) = line.strip_prefix("data:") {
                    return data.trim().parse().map(Some).map_err(|_| RemoteError::Garbled("signal"));
                }
            }
            if self.line.len() > NOTE_BYTES_MAX {
                return Err(RemoteError::TooLarge { what: "signal", limit: NOTE_BYTES_MAX });
            }
            match self.body.next().await {
                None => return Ok(None),
                Some(piece) => self.line.extend_from_slice(&piece?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_unpacks_to_more_than_a_bundle_is_refused() {
        let bomb = zstd::encode_all(std::io::repeat(0).take(BUNDLE_BYTES_MAX as u64 + 2), 1).unwrap();
        assert!(bomb.len() < 10_000);
        assert!(matches!(unpack(&bomb), Err(RemoteError::TooLarge { .. })));
        assert_eq!(unpack(&zstd::encode_all(&b"events"[..], 1).unwrap()), Ok(b"events".to_vec()));
        assert_eq!(unpack(b"no zstd"), Err(RemoteError::Garbled("bundle")));
    }
}
