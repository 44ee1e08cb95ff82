//! What clients are told about signing in (RFC 8414).

use super::address::Origin;
use crate::{error::ApiError, state::Backend};
use attest_domain::roles::{Entitlement, Role};
use attest_wire::{
    Problem,
    identity::{MtlsAliases, ServerMetadata},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};
use std::sync::Arc;

/// Where and how to sign in. The issuer is the address that the request was sent to.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "identity", security(()),
    responses(
        (status = 200, body = ServerMetadata),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn describe(
    State(backend): State<Arc<Backend>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<ServerMetadata>, ApiError> {
    let origin = Origin::find(&backend.config, &uri, &headers)?;
    let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let machines = backend.config.machines.as_ref();
    let with_certificates = ["self_signed_tls_client_auth", "tls_client_auth"];
    let without = ["none", "client_secret_basic", "client_secret_post"];
    let methods = &[without.as_slice(), machines.map_or(&[], |_| &with_certificates)].concat();
    let at = |path: &str| format!("{}{path}", origin.as_str());
    Ok(Json(ServerMetadata {
        issuer: origin.as_str().to_owned(),
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        revocation_endpoint: at("/oauth/revoke"),
        scopes_supported: rights().filter_map(super::rights::name).collect(),
        response_types_supported: texts(&["code"]),
        grant_types_supported: texts(&["authorization_code", "refresh_token", "client_credentials"]),
        token_endpoint_auth_methods_supported: texts(methods),
        revocation_endpoint_auth_methods_supported: texts(&["none"]),
        code_challenge_methods_supported: texts(&["S256"]),
        dpop_signing_alg_values_supported: texts(&["ES256"]),
        ui_locales_supported: texts(&["en", "sv"]),
        authorization_response_iss_parameter_supported: true,
        tls_client_certificate_bound_access_tokens: machines.is_some(),
        mtls_endpoint_aliases: machines.map(|machines| MtlsAliases {
            token_endpoint: format!("{}/oauth/token", origin.with_port(machines.listen.port())),
        }),
    }))
}

/// Every right that some role grants.
fn rights() -> impl Iterator<Item = Entitlement> {
    [
        Entitlement::ReadLog,
        Entitlement::ReadDocuments,
        Entitlement::ImportDocuments,
        Entitlement::Decide,
        Entitlement::AssignAccounts,
        Entitlement::Export,
        Entitlement::ManageMembers,
    ]
    .into_iter()
    .filter(|right| Role::ALL.iter().any(|role| role.grants(*right)))
}
