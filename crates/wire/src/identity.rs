//! What signing in is answered with (OAuth 2.1 shapes).

use serde::{Deserialize, Serialize};
#[cfg(feature = "schema")]
use utoipa::ToSchema;
use uuid::Uuid;

/// Answer of the token endpoint (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct TokenAnswer {
    /// The access token.
    pub access_token: String,
    /// `DPoP` or `Bearer`.
    pub token_type: String,
    /// Seconds until it expires, at most 300.
    pub expires_in: u32,
    /// The refresh token that takes the place of the one used; absent for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds until the refresh token expires where nobody uses it; absent for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_expires_in: Option<u32>,
    /// Scopes granted, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl std::fmt::Debug for TokenAnswer {
    /// Never the tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TokenAnswer").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Refusal of the token endpoint (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct TokenRefusal {
    /// `invalid_grant`, `invalid_request`, `invalid_client`, `use_dpop_nonce` …
    pub error: String,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

/// Where and how to sign in (RFC 8414).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct ServerMetadata {
    /// The address of the service, `https://host[:port]`: what `iss` of an answer has to be.
    pub issuer: String,
    /// Where the browser is sent.
    pub authorization_endpoint: String,
    /// Where codes, refresh tokens and keys become tokens.
    pub token_endpoint: String,
    /// Where tokens are revoked.
    pub revocation_endpoint: String,
    /// Rights a token can be narrowed to.
    pub scopes_supported: Vec<String>,
    /// `code`.
    pub response_types_supported: Vec<String>,
    /// Grants of the token endpoint.
    pub grant_types_supported: Vec<String>,
    /// How clients of the token endpoint show who they are.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// How clients of the revocation endpoint do.
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    /// `S256`.
    pub code_challenge_methods_supported: Vec<String>,
    /// `ES256`.
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Languages of the pages.
    pub ui_locales_supported: Vec<String>,
    /// Whether answers name their issuer (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether a token of a program that shows a certificate is bound to it (RFC 8705 §3.3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Where programs show certificates (RFC 8705 §5); absent where nobody asks for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_endpoint_aliases: Option<MtlsAliases>,
}

/// Addresses for programs with certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct MtlsAliases {
    /// Where a certificate becomes a token.
    pub token_endpoint: String,
}

/// Devices a person is signed in on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Devices {
    /// The one used last first, at most 1,000.
    pub devices: Vec<DeviceView>,
}

/// A sign-in on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct DeviceView {
    /// Its id.
    pub id: Uuid,
    /// What the device called itself.
    pub name: String,
    /// How the person signed in: `password` or the provider of an eID.
    pub auth: String,
    /// When, RFC 3339 in UTC.
    pub created: String,
    /// When its tokens were renewed last, RFC 3339 in UTC.
    pub seen: String,
    /// Whether it is the one that asks.
    pub current: bool,
}
