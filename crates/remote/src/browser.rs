//! Signing a person in by the system's browser: authorization code with PKCE over a loopback redirect (RFC 8252), bound
//! to a key that is made for it.
//!
//! Opening the browser is left to whoever has a screen.

use crate::{
    client::{check, collect},
    dpop::DeviceKey,
    error::RemoteError,
    https::origin,
    loopback::{Loopback, Visitor},
    sign_in::{Grant, SignIn, form},
    transport::Transport,
};
use attest_wire::{DESKTOP_CLIENT, identity::ServerMetadata};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::Request;
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Longest description of a service.
const METADATA_BYTES_MAX: usize = 64 * 1024;
/// Longest answer in time.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a person may take, in minutes. The service's form holds for ten; a port is not left open for longer than a
/// first sign-in with a new authenticator needs.
const PATIENCE_MINUTES: u64 = 5;

/// A sign-in that waits for its person. Dropping it ends it.
#[derive(Debug)]
pub struct BrowserSignIn {
    transport: Arc<dyn Transport>,
    server: String,
    origin: String,
    loopback: Loopback,
    key: DeviceKey,
    verifier: Zeroizing<String>,
    state: String,
    address: String,
}

impl BrowserSignIn {
    /// Asks the service how it is signed in to, and listens. `device` is what the service's page and its list of
    /// devices call this machine.
    ///
    /// # Errors
    /// [`RemoteError`]; [`RemoteError::SignInUnsupported`] where the service does not do it as we do.
    pub async fn begin(
        transport: Arc<dyn Transport>,
        server: &str,
        device: &str,
    ) -> Result<Self, RemoteError> {
        let origin = origin(server)?;
        let metadata =
            timeout(ANSWER, discover(transport.as_ref())).await.map_err(|_| RemoteError::Timeout)??;
        check_metadata(&metadata, &origin)?;
        let (key, loopback) = (DeviceKey::make()?, Loopback::listen().await?);
        let (verifier, state) = (Zeroizing::new(make_secret()?), make_secret()?);
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", DESKTOP_CLIENT),
            ("redirect_uri", &loopback.redirect()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", &state),
            ("device", device),
            ("dpop_jkt", &key.thumbprint()),
        ]);
        let address = format!("{}?{}", metadata.authorization_endpoint, query.as_str());
        Ok(Self { transport, server: server.to_owned(), origin, loopback, key, verifier, state, address })
    }

    /// What the browser has to open. It holds no secret: whoever reads it cannot redeem what comes of it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the person, and redeems what the browser brings back.
    ///
    /// # Errors
    /// [`RemoteError::SignInTimeout`], [`RemoteError::SignInElsewhere`], [`RemoteError::SignInRefused`], or what the
    /// service says.
    pub async fn finish(self) -> Result<Grant, RemoteError> {
        let patience = Duration::from_secs(PATIENCE_MINUTES * 60);
        let visitor = timeout(patience, self.loopback.receive(&self.state))
            .await
            .map_err(|_| RemoteError::SignInTimeout(PATIENCE_MINUTES))?;
        let redeemed = self.redeem(&visitor).await;
        visitor.tell(redeemed.is_ok()).await;
        redeemed
    }

    async fn redeem(&self, visitor: &Visitor) -> Result<Grant, RemoteError> {
        // RFC 9207: from whom it is comes before what it says.
        if visitor.parameter("iss") != Some(self.origin.as_str()) {
            return Err(RemoteError::SignInElsewhere);
        }
        if let Some(error) = visitor.parameter("error") {
            return Err(RemoteError::SignInRefused(shown(error)));
        }
        let Some(code) = visitor.parameter("code") else {
            return Err(RemoteError::SignInRefused("no code".to_owned()));
        };
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", DESKTOP_CLIENT),
            ("code", code),
            ("redirect_uri", &self.loopback.redirect()),
            ("code_verifier", &self.verifier),
        ];
        SignIn::redeem(&self.server, self.key.clone(), self.transport.as_ref(), &fields).await
    }
}

/// An error code as it may be shown: it came from outside.
fn shown(error: &str) -> String {
    error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()
}

async fn discover(transport: &dyn Transport) -> Result<ServerMetadata, RemoteError> {
    let request = Request::get("/.well-known/oauth-authorization-server")
        .body(Bytes::new())
        .map_err(|_| RemoteError::Garbled("request"))?;
    let response = check(transport.exchange(request).await?).await?;
    let body = collect("description", response.into_body(), METADATA_BYTES_MAX).await?;
    serde_json::from_slice(&body).map_err(|_| RemoteError::Garbled("description"))
}

/// Checks that the service is the one that was asked, and that it does what we need (RFC 8414 §3.3, RFC 9700).
fn check_metadata(metadata: &ServerMetadata, origin: &str) -> Result<(), RemoteError> {
    if metadata.issuer != origin {
        return Err(RemoteError::SignInUnsupported("it goes by another address"));
    }
    let has = |list: &[String], wanted: &str| list.iter().any(|one| one == wanted);
    let here = |endpoint: &str, path: &str| endpoint.strip_prefix(origin) == Some(path);
    if !here(&metadata.authorization_endpoint, "/oauth/authorize")
        || !here(&metadata.token_endpoint, "/oauth/token")
        || !here(&metadata.revocation_endpoint, "/oauth/revoke")
    {
        return Err(RemoteError::SignInUnsupported("its addresses are others"));
    }
    if !has(&metadata.code_challenge_methods_supported, "S256")
        || !has(&metadata.dpop_signing_alg_values_supported, "ES256")
        || !metadata.authorization_response_iss_parameter_supported
    {
        return Err(RemoteError::SignInUnsupported("PKCE, DPoP or the issuer is missing"));
    }
    Ok(())
}

/// 256 random bits, base64url.
fn make_secret() -> Result<String, RemoteError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|error| RemoteError::Setup(format!("the system gives no random bytes: {error}")))?;
    Ok(BASE64URL_NOPAD.encode(bytes.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(origin: &str) -> ServerMetadata {
        let at = |path: &str| format!("{origin}{path}");
        serde_json::from_value(serde_json::json!({
            "issuer": origin,
            "authorization_endpoint": at("/oauth/authorize"),
            "token_endpoint": at("/oauth/token"),
            "revocation_endpoint": at("/oauth/revoke"),
            "scopes_supported": [],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "ui_locales_supported": ["en"],
            "authorization_response_iss_parameter_supported": true,
            "tls_client_certificate_bound_access_tokens": false,
        }))
        .unwrap()
    }

    #[test]
    fn a_service_that_leads_elsewhere_or_does_less_is_not_signed_in_to() {
        let origin = "https://log.example";
        assert_eq!(check_metadata(&metadata(origin), origin), Ok(()));
        let changes: [fn(&mut ServerMetadata); 6] = [
            |found| found.issuer = "https://evil.example".to_owned(),
            |found| found.token_endpoint = "https://evil.example/oauth/token".to_owned(),
            |found| {
                found.authorization_endpoint = "https://log.example.evil.example/oauth/authorize".to_owned()
            },
            |found| found.code_challenge_methods_supported.clear(),
            |found| found.dpop_signing_alg_values_supported = vec!["EdDSA".to_owned()],
            |found| found.authorization_response_iss_parameter_supported = false,
        ];
        for change in changes {
            let mut found = metadata(origin);
            change(&mut found);
            assert!(
                matches!(check_metadata(&found, origin), Err(RemoteError::SignInUnsupported(_))),
                "{found:?}"
            );
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        for server in ["https://Log.Example", "https://log.example:443/", "https://log.example/x"] {
            assert_eq!(origin(server), Ok("https://log.example".to_owned()));
        }
        assert_eq!(origin("https://localhost:8443"), Ok("https://localhost:8443".to_owned()));
        assert!(origin("http://log.example").is_err());
    }
}
