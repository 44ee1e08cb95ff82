//! The token endpoint and its opposite: codes, refresh tokens and keys of programs become access tokens, and tokens
//! are revoked.

use super::{
    Caller, certificates,
    dpop::{self, Proof, ProofError},
    keys,
    rights::Rights,
    tokens::{self, Access, Redemption},
};
use crate::{error::ApiError, state::Backend, store::StoreError};
use attest_wire::{
    DESKTOP_CLIENT,
    identity::{TokenAnswer, TokenRefusal},
};
use axum::{
    Json,
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;

/// A request for tokens; which members are needed depends on the grant.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `authorization_code`, `refresh_token` or `client_credentials`.
    grant_type: Option<String>,
    /// `attest-desktop`, or the id of a program.
    client_id: Option<String>,
    /// The key of a program that does not send it as HTTP Basic.
    client_secret: Option<String>,
    /// The authorization code.
    code: Option<String>,
    /// The redirect that the code was sent to.
    redirect_uri: Option<String>,
    /// What the challenge was made of, 43 to 128 characters.
    code_verifier: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
    /// Rights of a program's token, separated by spaces; all of its role where absent.
    scope: Option<String>,
}

/// A token to be revoked.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RevokeRequest {
    /// An access or refresh token.
    token: Option<String>,
}

/// Why no token is given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Something is missing or said twice.
    #[error("{0}")]
    Request(&'static str),
    /// A grant that does not exist here.
    #[error("The grants are authorization_code, refresh_token and client_credentials.")]
    GrantType,
    /// Code or refresh token does not hold (any more), or is for somebody else.
    #[error("This sign-in has run out, was used or was ended. Sign in again.")]
    Grant,
    /// No such program, or not its key or certificate.
    #[error("There is no such client, or this is not its key or certificate.")]
    Client,
    /// Rights nobody knows.
    #[error("The scope names something that is no right.")]
    Scope,
    /// The proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Everything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Api(error.into())
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Api(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::Request(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Grant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Scope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Self::Proof(ProofError::Nonce) => (StatusCode::BAD_REQUEST, "use_dpop_nonce"),
            Self::Proof(ProofError::Invalid(_)) => (StatusCode::BAD_REQUEST, "invalid_dpop_proof"),
            Self::Api(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let refusal = TokenRefusal { error: error.to_owned(), error_description: Some(self.to_string()) };
        let mut response = match self {
            Self::Api(error) => return error.into_response(),
            _ => (status, Json(refusal)).into_response(),
        };
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"attest\""));
        }
        response
    }
}

/// Gives tokens.
///
/// People's tokens are bound to the key of the DPoP proof (ES256) that this request needs; a program may send one.
/// `use_dpop_nonce` means: repeat with the nonce of the header `DPoP-Nonce`. A refresh token is used once; if its
/// answer was lost, the same key may repeat the request within a minute and is given the same successor.
#[utoipa::path(
    post, path = "/oauth/token", tag = "identity", security(()),
    params(("DPoP" = Option<String>, Header, description = "A DPoP proof (RFC 9449).")),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenAnswer), (status = "4XX", body = TokenRefusal)),
)]
pub(crate) async fn give(
    State(backend): State<Arc<Backend>>,
    parts: Parts,
    sent: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Json<TokenAnswer>, Refusal> {
    let Form(sent) = sent.map_err(|_| UNREADABLE)?;
    let answer = match sent.grant_type.as_deref() {
        Some("authorization_code") => redeem(&backend, &parts, &sent).await?,
        Some("refresh_token") => refresh(&backend, &parts, &sent).await?,
        Some("client_credentials") => to_program(&backend, &parts, &sent).await?,
        Some(_) => return Err(Refusal::GrantType),
        None => return Err(Refusal::Request("grant_type is missing.")),
    };
    Ok(Json(answer))
}

const UNREADABLE: Refusal =
    Refusal::Request("The body is application/x-www-form-urlencoded and says nothing twice.");

async fn redeem(backend: &Backend, parts: &Parts, sent: &TokenRequest) -> Result<TokenAnswer, Refusal> {
    let (Some(code), Some(redirect), Some(verifier)) = (&sent.code, &sent.redirect_uri, &sent.code_verifier)
    else {
        return Err(Refusal::Request("code, redirect_uri and code_verifier are needed."));
    };
    check_desktop(sent)?;
    if !(43..=128).contains(&verifier.len()) {
        return Err(Refusal::Request("code_verifier has 43 to 128 characters."));
    }
    let proof = dpop::verify(backend, parts, None)?;
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    let shown = Redemption { code, challenge: &challenge, redirect, jkt: &proof.jkt };
    let mut tx = backend.store.begin().await?;
    spend(backend, &proof, &mut tx).await?;
    let answer = tokens::redeem(backend, &mut tx, shown).await?;
    tx.commit().await.map_err(StoreError::from)?;
    answer.ok_or(Refusal::Grant)
}

async fn refresh(backend: &Backend, parts: &Parts, sent: &TokenRequest) -> Result<TokenAnswer, Refusal> {
    let Some(token) = &sent.refresh_token else {
        return Err(Refusal::Request("refresh_token is missing."));
    };
    check_desktop(sent)?;
    let proof = dpop::verify(backend, parts, None)?;
    let mut tx = backend.store.begin().await?;
    spend(backend, &proof, &mut tx).await?;
    let answer = tokens::refresh(backend, &mut tx, token, &proof.jkt).await?;
    tx.commit().await.map_err(StoreError::from)?;
    answer.ok_or(Refusal::Grant)
}

async fn spend(
    backend: &Backend,
    proof: &Proof,
    tx: &mut sqlx::Transaction<'static, sqlx::Any>,
) -> Result<(), Refusal> {
    if proof.spend(backend, tx).await? {
        Ok(())
    } else {
        Err(ProofError::Invalid("it was used before").into())
    }
}

fn check_desktop(sent: &TokenRequest) -> Result<(), Refusal> {
    if sent.client_id.as_deref() == Some(DESKTOP_CLIENT) { Ok(()) } else { Err(Refusal::Client) }
}

/// The program that asks, by its key or else by its certificate, and the certificate that its token is to be bound to.
async fn find_program(
    backend: &Backend,
    parts: &Parts,
    sent: &TokenRequest,
) -> Result<(Caller, Option<String>), Refusal> {
    let with_key = basic(&parts.headers).or_else(|| sent.client_id.clone().zip(sent.client_secret.clone()));
    let (client, found, x5t) = match with_key {
        Some((client, key)) => (client, keys::find_caller(backend, &key).await.map(Some), None),
        None => {
            // RFC 8705 §2: the client says who it is, whatever it shows.
            let client = sent.client_id.clone().ok_or(Refusal::Client)?;
            let shown = certificates::shown(parts);
            (client, certificates::find_caller(backend, &shown).await, certificates::bond(&shown))
        }
    };
    match found {
        Ok(Some(caller)) if caller.subject == client => Ok((caller, x5t)),
        Ok(_) | Err(ApiError::Unauthorized(..)) => Err(Refusal::Client),
        Err(error) => Err(error.into()),
    }
}

/// A token for a program that shows its key or its certificate.
async fn to_program(backend: &Backend, parts: &Parts, sent: &TokenRequest) -> Result<TokenAnswer, Refusal> {
    let (caller, x5t) = find_program(backend, parts, sent).await?;
    let rights = Rights::parse(sent.scope.as_deref().unwrap_or_default()).ok_or(Refusal::Scope)?;
    let proof = match parts.headers.contains_key(dpop::DPOP) {
        true => Some(dpop::verify(backend, parts, None)?),
        false => None,
    };
    let mut tx = backend.store.begin().await?;
    if let Some(proof) = &proof {
        spend(backend, proof, &mut tx).await?;
    }
    let access = Access {
        subject: caller.subject,
        device: None,
        jkt: proof.map(|proof| proof.jkt),
        x5t,
        auth: caller.method.to_string(),
        scope: rights.to_string(),
    };
    let answer = tokens::issue(backend, &mut tx, access, None).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(answer)
}

/// Client id and secret of HTTP Basic. Ours need no percent-encoding (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    decoded.split_once(':').map(|(client, secret)| (client.to_owned(), secret.to_owned()))
}

/// Revokes a token (RFC 7009): a refresh token with its device and everything that came of it, an access token alone.
///
/// A token that nobody knows is revoked already.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "identity", security(()),
    request_body(content = RevokeRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Revoked."), (status = "4XX", body = TokenRefusal)),
)]
pub(crate) async fn revoke(
    State(backend): State<Arc<Backend>>,
    sent: Result<Form<RevokeRequest>, FormRejection>,
) -> Result<StatusCode, Refusal> {
    let Form(sent) = sent.map_err(|_| UNREADABLE)?;
    let token = sent.token.ok_or(Refusal::Request("token is missing."))?;
    tokens::revoke(&backend, &token).await?;
    Ok(StatusCode::OK)
}
