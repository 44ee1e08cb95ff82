//! DPoP (RFC 9449): a token is of use only to whoever has the key it was given to.
//!
//! Proofs are ES256 alone. A proof with a fresh nonce of ours was made just now whatever the client's clock says, so
//! its time is not judged; one without is taken if its time is near ours, otherwise the client is given a nonce.
//! A nonce is a time under a key of the installation: every process knows those of all others, and nothing is stored.
//!
//! A proof that changes something counts once, in the store. One that only reads is remembered by this process alone:
//! replaying it takes a broken TLS connection and gains what its token may read anyway, and a durable write for every
//! bundle that is fetched would cost more than serving it.

use super::{address::Origin, secret};
use crate::{error::ApiError, state::Backend, store::StoreError};
use attest_evidence::signature::{Algorithm, PublicKey};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, request::Parts},
    middleware::Next,
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, Transaction};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The header of proofs.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header of nonces.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// How far a proof's time may be from ours where it holds no nonce, in seconds.
const SKEW_MAX: i64 = 5 * 60;
/// How long a nonce is fresh, in seconds.
const NONCE_LIFE: i64 = 5 * 60;
/// How long a proof is remembered: longer than any is taken.
const REMEMBERED: i64 = 15 * 60;
/// Longest proof.
const PROOF_BYTES_MAX: usize = 4_096;
/// Most proofs remembered by a process in one span of [`REMEMBERED`].
const READS_MAX: usize = 500_000;

/// A proof that holds, of which it is not yet known whether it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Thumbprint of its key.
    pub(crate) jkt: String,
    /// What it is remembered by.
    digest: Vec<u8>,
}

/// Why a proof is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofError {
    /// Not there, not readable, or for something else.
    #[error("The DPoP proof is not valid: {0}.")]
    Invalid(&'static str),
    /// It has to be made again with the nonce that comes with the answer.
    #[error("Repeat the request with the DPoP nonce that comes with this answer.")]
    Nonce,
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Nonce => {
                Self::Unauthorized("dpop.nonce", "Repeat the request with the DPoP nonce of this answer.")
            }
            ProofError::Invalid(_) => {
                Self::Unauthorized("dpop.invalid", "The DPoP proof of this request is not valid.")
            }
        }
    }
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: serde_json::Value,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    ath: Option<String>,
}

/// Verifies the proof of a request; `token` is the access token it comes with.
pub(crate) fn verify(backend: &Backend, parts: &Parts, token: Option<&str>) -> Result<Proof, ProofError> {
    let invalid = ProofError::Invalid;
    let (header, claims, key) = read(&parts.headers)?;
    if header.typ != "dpop+jwt" || header.alg != "ES256" || header.crit.is_some() {
        return Err(invalid("it is of another kind"));
    }
    if claims.htm != parts.method.as_str() {
        return Err(invalid("it is for another method"));
    }
    let origin = Origin::find(&backend.config, &parts.uri, &parts.headers)
        .map_err(|_| invalid("the service goes by another name"))?;
    if !origin.is_target(&claims.htu, parts.uri.path()) {
        return Err(invalid("it is for another address"));
    }
    if claims.jti.is_empty() || claims.jti.len() > 128 {
        return Err(invalid("it has no usable identifier"));
    }
    if let Some(token) = token {
        let expected = BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes()));
        if claims.ath.as_deref() != Some(expected.as_str()) {
            return Err(invalid("it is for another token"));
        }
    }
    let now = backend.clock.now().as_second();
    let in_time = match &claims.nonce {
        Some(nonce) => is_fresh(backend, nonce, now),
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
        None => (claims.iat - now as f64).abs() <= SKEW_MAX as f64,
    };
    if !in_time {
        return Err(ProofError::Nonce);
    }
    let jkt = key.thumbprint();
    let digest = secret::digest(&format!("dpop {jkt} {}", claims.jti));
    Ok(Proof { jkt, digest })
}

/// Reads the one proof and verifies its signature.
fn read(headers: &HeaderMap) -> Result<(Header, Claims, PublicKey), ProofError> {
    let invalid = ProofError::Invalid;
    let mut values = headers.get_all(DPOP).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(invalid("there has to be exactly one"));
    };
    let text = value.to_str().map_err(|_| invalid("it is not text"))?;
    if text.len() > PROOF_BYTES_MAX {
        return Err(invalid("it is too long"));
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(invalid("it is no JWT"))?;
    let (header, claims) = signed.split_once('.').ok_or(invalid("it is no JWT"))?;
    let decode =
        |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| invalid("it is not base64url"));
    let header: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| invalid("its header cannot be read"))?;
    let key = PublicKey::parse_jwk(&header.jwk).map_err(|_| invalid("its key is not usable"))?;
    key.verify(Algorithm::EcdsaP256, signed.as_bytes(), &decode(signature)?)
        .map_err(|_| invalid("its signature does not hold"))?;
    let claims =
        serde_json::from_slice(&decode(claims)?).map_err(|_| invalid("its claims cannot be read"))?;
    Ok((header, claims, key))
}

/// A nonce for the next requests.
pub(crate) fn make_nonce(backend: &Backend) -> String {
    let at = backend.clock.now().as_second().to_string();
    format!("{at}.{}", secret::mac_text(backend.identity.nonce_key(), &[&at]))
}

fn is_fresh(backend: &Backend, nonce: &str, now: i64) -> bool {
    let Some((at, mac)) = nonce.split_once('.') else { return false };
    // Another process may be a little ahead.
    secret::holds(backend.identity.nonce_key(), &[at], mac)
        && at.parse::<i64>().is_ok_and(|at| (now - NONCE_LIFE..=now + 60).contains(&at))
}

/// Adds a nonce to the answer of every request with a proof, so that the next one is made with it.
pub(crate) async fn supply_nonce(
    State(backend): State<Arc<Backend>>,
    request: Request,
    next: Next,
) -> Response {
    let proved = request.headers().contains_key(DPOP);
    let mut response = next.run(request).await;
    if proved && let Ok(nonce) = HeaderValue::from_str(&make_nonce(&backend)) {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    response
}

impl Proof {
    /// Marks the proof as used, in the transaction of what it is for; false if it was used before.
    pub(crate) async fn spend(
        &self,
        backend: &Backend,
        tx: &mut Transaction<'static, Any>,
    ) -> Result<bool, StoreError> {
        use_once(tx, &self.digest, backend.clock.now().as_second() + REMEMBERED).await
    }

    /// Marks the proof of a request as used.
    pub(crate) async fn spend_on(&self, backend: &Backend, method: &Method) -> Result<bool, ApiError> {
        if method.is_safe() {
            let now = backend.clock.now().as_second();
            return backend.identity.reads().spend(&self.digest, now);
        }
        let mut tx = backend.store.begin().await?;
        let new = self.spend(backend, &mut tx).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(new)
    }
}

/// Remembers something that counts once until `until` (seconds since 1970); false if it was there already.
pub(crate) async fn use_once(
    tx: &mut Transaction<'static, Any>,
    digest: &[u8],
    until: i64,
) -> Result<bool, StoreError> {
    let inserted =
        sqlx::query("insert into used_once (digest, until) values ($1, $2) on conflict (digest) do nothing")
            .bind(digest)
            .bind(until)
            .execute(&mut **tx)
            .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Proofs of requests that read, in two spans of time: the older is forgotten whole.
#[derive(Debug, Default)]
pub(crate) struct Reads(Mutex<Spans>);

#[derive(Debug, Default)]
struct Spans {
    /// Number of the newer span since 1970.
    span: i64,
    newer: HashSet<Vec<u8>>,
    older: HashSet<Vec<u8>>,
}

impl Reads {
    fn spend(&self, digest: &[u8], now: i64) -> Result<bool, ApiError> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let span = now.div_euclid(REMEMBERED);
        if span != spans.span {
            let followed = span == spans.span + 1;
            let newer = std::mem::take(&mut spans.newer);
            spans.older = if followed { newer } else { HashSet::new() };
            spans.span = span;
        }
        if spans.older.contains(digest) {
            return Ok(false);
        }
        if spans.newer.len() >= READS_MAX {
            return Err(ApiError::TooMany(60));
        }
        Ok(spans.newer.insert(digest.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_that_read_is_known_for_at_least_a_span_and_at_most_two() {
        let reads = Reads::default();
        assert!(reads.spend(b"a", REMEMBERED - 1).unwrap());
        assert!(!reads.spend(b"a", REMEMBERED - 1).unwrap());
        assert!(!reads.spend(b"a", REMEMBERED * 2 - 1).unwrap());
        assert!(reads.spend(b"b", REMEMBERED * 2 - 1).unwrap());
        assert!(reads.spend(b"a", REMEMBERED * 2).unwrap());
        assert!(reads.spend(b"b", REMEMBERED * 9).unwrap());
    }
}
