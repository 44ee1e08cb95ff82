//! The HTTP interface: every route, its limits, and the description that is generated from them.

use crate::{
    commands, documents,
    error::ApiError,
    extract::{Body, Path},
    identity::{self, Caller, Membership, dpop},
    log::{lane, read, seal},
    metrics,
    state::Backend,
    tenants,
};
use attest_domain::limits::DOCUMENT_BYTES_MAX;
use attest_wire::{BATCH_COMMANDS_MAX, Batch, BatchAnswer, Outcome, Problem};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use std::{sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, timeout::RequestBodyTimeoutLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Largest request but documents (DESIGN §13).
const BODY_MAX: usize = 32 * 1024 * 1024;
/// A body that stands still for this long is given up: a slow sender holds nothing up.
const BODY_PAUSE: Duration = Duration::from_secs(20);

/// What the description begins with.
#[derive(OpenApi)]
#[openapi(
    info(title = "Attest backend", description = "Logs, documents and commands of companies.", version = "1"),
    modifiers(&Credentials),
    // The rest of its address has slashes, which is a route of its own below and nothing OpenAPI knows.
    paths(read::bundle),
)]
struct Description;

/// How a caller proves who it is.
struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{
            ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        };
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        // OpenAPI knows no scheme of this name; the proof's header is what makes it another one.
        let description = "A DPoP proof (RFC 9449) beside `Authorization: DPoP <access token>`.";
        let dpop = ApiKeyValue::with_description("DPoP", description);
        components.add_security_scheme("dpop", SecurityScheme::ApiKey(ApiKey::Header(dpop)));
        let description = "On the listener for machines: a registered certificate (RFC 8705), and no header.";
        let description = Some(description.to_owned());
        components.add_security_scheme(
            "certificate",
            SecurityScheme::MutualTls { description, deprecated: None, extensions: None },
        );
        let alone = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
        openapi.security = Some(vec![alone("key"), alone("dpop"), alone("certificate")]);
    }
}

/// Every route with its description.
fn routes() -> OpenApiRouter<Arc<Backend>> {
    let documents = OpenApiRouter::new()
        .routes(routes!(documents::deliver, documents::download))
        .layer(DefaultBodyLimit::max(usize::try_from(DOCUMENT_BYTES_MAX).unwrap_or(usize::MAX)));
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(tenants::me))
        .routes(routes!(identity::devices::list))
        .routes(routes!(identity::devices::end))
        .routes(routes!(identity::members::list))
        .routes(routes!(identity::members::change, identity::members::remove))
        .routes(routes!(identity::authorize::show, identity::authorize::take))
        .routes(routes!(identity::token::give))
        .routes(routes!(identity::token::revoke))
        .routes(routes!(identity::metadata::describe))
        .routes(routes!(submit))
        .routes(routes!(read::checkpoint))
        .routes(routes!(read::disclosures))
        .routes(routes!(read::signal))
        .routes(routes!(documents::list))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .merge(documents)
}

/// The whole interface.
pub(crate) fn router(backend: Arc<Backend>) -> Router {
    let (router, description) = routes().split_for_parts();
    let description = serde_json::to_string(&description).expect("a description is JSON");
    let bundle = "/v1/tenants/{tenant}/log/tile/entries/{*path}";
    router
        .route(bundle, get(read::bundle))
        .route(
            "/openapi.json",
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], description) }),
        )
        .route("/health/live", get(async || StatusCode::NO_CONTENT))
        .route("/health/ready", get(ready))
        .fallback(async || ApiError::NotFound("address"))
        .method_not_allowed_fallback(async || ApiError::Method)
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(CatchPanicLayer::custom(|_| ApiError::Bug("a request panicked".to_owned()).into_response()))
        .layer(middleware::map_response(harden))
        .layer(middleware::from_fn_with_state(backend.clone(), dpop::supply_nonce))
        .route_layer(middleware::from_fn_with_state(backend.clone(), metrics::observe))
        .with_state(backend)
}

/// Headers of every answer.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    response
}

/// Whether requests can be answered: the database answers.
async fn ready(State(backend): State<Arc<Backend>>) -> Result<StatusCode, ApiError> {
    backend.store.ping().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decides commands in their order. Each is answered for itself; one that is refused holds up no other.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/commands", tag = "commands",
    params(("tenant" = Uuid, Path)), request_body = Batch,
    responses(
        (status = 200, body = BatchAnswer),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn submit(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
    request: Request,
) -> Result<Json<BatchAnswer>, ApiError> {
    // Whoever is no member has nothing read.
    let member = Membership::find(&backend, caller, tenant).await?;
    let Body(batch) = Body::<Batch>::from_request(request, &backend).await?;
    if batch.commands.is_empty() || batch.commands.len() > BATCH_COMMANDS_MAX {
        let message = format!("A batch has 1 to {BATCH_COMMANDS_MAX} commands.");
        return Err(ApiError::Invalid("batch.size", message));
    }
    let mut prepared = Vec::with_capacity(batch.commands.len());
    for submission in batch.commands {
        prepared.push(commands::prepare(&backend, &member, submission).await?);
    }
    let answers = lane::submit(&backend, member, prepared).await?;
    for answer in &answers {
        let outcome = match answer.outcome {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Already { .. } => "already",
            Outcome::Refused { .. } => "refused",
        };
        backend.metrics.count_commands(outcome, 1);
    }
    Ok(Json(BatchAnswer { answers }))
}

/// Signs what a process that ended in between has left unsigned.
pub(crate) async fn seal_all(backend: &Arc<Backend>) -> Result<(), ApiError> {
    let open: Vec<String> =
        sqlx::query_scalar("select tenant from log_head where signed < size and damage is null")
            .fetch_all(&backend.store.reader)
            .await?;
    for tenant in open.iter().filter_map(|tenant| Uuid::parse_str(tenant).ok()) {
        seal::seal(backend, tenant).await?;
    }
    Ok(())
}
