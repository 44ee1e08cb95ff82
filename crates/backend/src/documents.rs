//! Documents: taken in whole, checked against their digest on the way in and out, never changed.

use crate::{
    config::{Config, ConfigError, DocumentsConfig},
    error::ApiError,
    extract::{Path, Query},
    identity::{Caller, Membership},
    state::Backend,
    store::StoreError,
};
use attest_domain::{Digest, limits::DOCUMENT_BYTES_MAX, roles::Entitlement};
use attest_wire::{
    BYTES_TYPE, Problem,
    tenant::{DocumentView, Documents},
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest as _, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use object_store::{
    Certificate, ClientOptions, ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, PutMode, PutPayload,
    RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    path::Path as Key,
    prefix::PrefixStore,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use std::{sync::Arc, time::Duration};
use utoipa::IntoParams;
use uuid::Uuid;

/// Most documents one answer lists.
const LIST_MAX: i64 = 1_000;
/// How often and how long a bucket that does not answer is asked again before the caller is told to come back.
const STORE_RETRIES: usize = 3;
const STORE_PATIENCE: Duration = Duration::from_secs(10);

/// Where the bytes of documents are.
#[derive(Clone, Debug)]
pub(crate) struct DocumentStore(Arc<dyn ObjectStore>);

impl DocumentStore {
    /// Opens the store that is configured: a folder, or an S3-compatible service.
    pub(crate) fn open(config: &Config) -> Result<Self, anyhow::Error> {
        match &config.documents {
            None => {
                let folder = config.data.join("documents");
                std::fs::create_dir_all(&folder)
                    .map_err(|source| ConfigError::File { path: folder.clone(), source })?;
                Ok(Self(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))))
            }
            Some(documents) => Ok(Self(Arc::new(open_bucket(documents)?))),
        }
    }

    fn key(tenant: Uuid, sha256: &Digest) -> Key {
        let name = sha256.to_string();
        Key::from(format!("{tenant}/documents/{}/{name}", &name[..2]))
    }

    /// Keeps a document whose digest was checked. One that is there already stays as it is, unless its bytes are not
    /// what they should be any more: then they are put right.
    pub(crate) async fn put(&self, tenant: Uuid, sha256: &Digest, bytes: Bytes) -> Result<(), ApiError> {
        let key = Self::key(tenant, sha256);
        let payload = PutPayload::from(bytes);
        match self.0.put_opts(&key, payload.clone(), PutMode::Create.into()).await {
            Ok(_) => return Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.find(tenant, sha256).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(ApiError::Store(StoreError::Stored { .. })) => {
                tracing::warn!(%tenant, %sha256, "a stored document was damaged and is replaced as delivered again");
                self.0.put_opts(&key, payload, PutMode::Overwrite.into()).await?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The digest a document is kept under.
    pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
        digest_of(bytes)
    }

    /// The bytes of a document, hashed again; `None` where there is none.
    pub(crate) async fn find(&self, tenant: Uuid, sha256: &Digest) -> Result<Option<Bytes>, ApiError> {
        let bytes = match self.0.get(&Self::key(tenant, sha256)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if digest_of(&bytes) == *sha256 {
            Ok(Some(bytes))
        } else {
            Err(StoreError::stored("document", sha256).into())
        }
    }
}

/// A bucket of an S3-compatible service, below the prefix of its address. Who may use it comes from the environment
/// (`AWS_ACCESS_KEY_ID` and its like), which every such service's own tools share.
fn open_bucket(documents: &DocumentsConfig) -> Result<PrefixStore<AmazonS3>, anyhow::Error> {
    let (scheme, prefix) = ObjectStoreScheme::parse(&documents.url.parse()?)?;
    if scheme != ObjectStoreScheme::AmazonS3 {
        return Err(ConfigError::Store(documents.url.clone()).into());
    }
    let mut builder = AmazonS3Builder::from_env().with_url(&documents.url).with_retry(RetryConfig {
        max_retries: STORE_RETRIES,
        retry_timeout: STORE_PATIENCE,
        ..RetryConfig::default()
    });
    if let Some(endpoint) = &documents.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some(path) = &documents.ca_file {
        let pem = std::fs::read(path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
        let mut options = ClientOptions::new()
            .with_allow_http(documents.endpoint.as_ref().is_some_and(|at| at.starts_with("http://")));
        for certificate in Certificate::from_pem_bundle(&pem)? {
            options = options.with_root_certificate(certificate);
        }
        builder = builder.with_client_options(options);
    }
    Ok(PrefixStore::new(builder.build()?, prefix))
}

fn parse_digest(text: &str) -> Result<Digest, ApiError> {
    Digest::parse(text).ok_or(ApiError::NotFound("document"))
}

fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

fn too_large() -> ApiError {
    ApiError::TooLarge(format!("A document has at most {DOCUMENT_BYTES_MAX} bytes."))
}

/// What a delivery is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    /// Name of the file.
    #[param(max_length = 255)]
    name: Option<String>,
}

/// Delivers a document. Delivering it again changes nothing.
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/documents/{sha256}", tag = "documents",
    params(("tenant" = Uuid, Path), ("sha256" = String, Path, min_length = 64, max_length = 64), Delivery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = DocumentView), (status = 200, body = DocumentView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn deliver(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path((tenant, sha256)): Path<(Uuid, String)>,
    Query(delivery): Query<Delivery>,
    request: Request,
) -> Result<Response, ApiError> {
    // Whoever may not deliver has nothing read.
    let member = Membership::find(&backend, caller, tenant).await?;
    member.may(Entitlement::ImportDocuments)?;
    let bytes =
        Bytes::from_request(request, &backend).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => ApiError::Invalid("body.unreadable", rejection.body_text()),
        })?;
    let name = delivery.name.unwrap_or_else(|| sha256.clone());
    let (fresh, view) = receive(&backend, tenant, &sha256, &name, bytes).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view)).into_response())
}

/// Keeps a document and notes its delivery.
pub(crate) async fn receive(
    backend: &Backend,
    tenant: Uuid,
    sha256: &str,
    name: &str,
    bytes: Bytes,
) -> Result<(bool, DocumentView), ApiError> {
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(too_large());
    }
    if name.chars().count() > 255 || name.chars().any(char::is_control) {
        let message = "A file's name has at most 255 characters and no control characters.";
        return Err(ApiError::Invalid("name.unreadable", message.to_owned()));
    }
    let digest = parse_digest(sha256)?;
    let found = digest_of(&bytes);
    if found != digest {
        let message = format!("The bytes have the digest {found}, not {digest}. Send them again.");
        return Err(ApiError::Invalid("digest.differs", message));
    }
    let length = bytes.len() as u64;
    backend.documents.put(tenant, &digest, bytes).await?;
    let mut tx = backend.store.begin().await?;
    let inserted = sqlx::query(
        "insert into document (tenant, sha256, bytes, name, delivered, position)
         select $1, $2, $3, $4, $5, coalesce(max(position) + 1, 0) from document where tenant = $1
         on conflict (tenant, sha256) do nothing",
    )
    .bind(tenant.to_string())
    .bind(digest.to_string())
    .bind(length.cast_signed())
    .bind(name)
    .bind(backend.now())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let imported: Option<i64> =
        sqlx::query_scalar("select imported from document where tenant = $1 and sha256 = $2")
            .bind(tenant.to_string())
            .bind(digest.to_string())
            .fetch_one(&backend.store.reader)
            .await?;
    let imported = imported.map(i64::cast_unsigned);
    let view = DocumentView { sha256: digest, bytes: length, name: name.to_owned(), imported };
    Ok((inserted.rows_affected() == 1, view))
}

/// Whether a member's scope covers every account that a document speaks of. A document that nobody imported speaks of
/// none that is known, so only those who see all may read it.
async fn may_read(backend: &Backend, member: &Membership, sha256: &str) -> Result<bool, ApiError> {
    member.may(Entitlement::ReadDocuments)?;
    let Some(accounts) = &member.scope.accounts else { return Ok(true) };
    let spoken: Vec<String> =
        sqlx::query_scalar("select account from document_account where tenant = $1 and sha256 = $2")
            .bind(member.tenant.to_string())
            .bind(sha256)
            .fetch_all(&backend.store.reader)
            .await?;
    Ok(!spoken.is_empty() && spoken.iter().all(|account| accounts.contains(account)))
}

/// A document's bytes.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/documents/{sha256}", tag = "documents",
    params(("tenant" = Uuid, Path), ("sha256" = String, Path, min_length = 64, max_length = 64)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn download(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path((tenant, sha256)): Path<(Uuid, String)>,
) -> Result<Response, ApiError> {
    let member = Membership::find(&backend, caller, tenant).await?;
    let digest = parse_digest(&sha256)?;
    if !may_read(&backend, &member, &digest.to_string()).await? {
        return Err(ApiError::NotFound("document"));
    }
    let bytes = backend.documents.find(tenant, &digest).await?.ok_or(ApiError::NotFound("document"))?;
    let headers = [
        (header::CONTENT_TYPE, BYTES_TYPE.to_owned()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// Which deliveries are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    /// Only those that nobody imported or refused yet.
    #[serde(default)]
    waiting: bool,
}

/// Deliveries, oldest first.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/documents", tag = "documents",
    params(("tenant" = Uuid, Path), Waiting),
    responses(
        (status = 200, body = Documents),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(backend): State<Arc<Backend>>,
    caller: Caller,
    Path(tenant): Path<Uuid>,
    Query(asked): Query<Waiting>,
) -> Result<Json<Documents>, ApiError> {
    let member = Membership::find(&backend, caller, tenant).await?;
    member.may(Entitlement::ReadDocuments)?;
    let rows = sqlx::query(
        "select sha256, bytes, name, imported from document
         where tenant = $1 and ($2 = 0 or imported is null and not exists
             (select 1 from object o where o.tenant = document.tenant and o.id = document.sha256))
         order by position limit $3",
    )
    .bind(tenant.to_string())
    .bind(i64::from(asked.waiting))
    .bind(LIST_MAX)
    .fetch_all(&backend.store.reader)
    .await?;
    let mut documents = Vec::with_capacity(rows.len());
    for row in rows {
        let text: String = row.get(0);
        if !may_read(&backend, &member, &text).await? {
            continue;
        }
        documents.push(DocumentView {
            sha256: Digest::parse(&text).ok_or_else(|| StoreError::stored("digest", &text))?,
            bytes: row.get::<i64, _>(1).cast_unsigned(),
            name: row.get(2),
            imported: row.get::<Option<i64>, _>(3).map(i64::cast_unsigned),
        });
    }
    Ok(Json(Documents { documents }))
}
