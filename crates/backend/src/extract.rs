//! What a request says, read so that every refusal is a problem like all others.

use crate::{error::ApiError, state::Backend};
use axum::{
    Json,
    extract::{self, FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Parts of the address. One that cannot be read names nothing.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Backend>> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, backend: &Arc<Backend>) -> Result<Self, ApiError> {
        match extract::Path::<T>::from_request_parts(parts, backend).await {
            Ok(extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::NotFound("address")),
        }
    }
}

/// What follows the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Backend>> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, backend: &Arc<Backend>) -> Result<Self, ApiError> {
        match extract::Query::<T>::from_request_parts(parts, backend).await {
            Ok(extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::Invalid("query.unreadable", brief(rejection.body_text()))),
        }
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Backend>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, backend: &Arc<Backend>) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, backend).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(body_error(&rejection)),
        }
    }
}

fn body_error(rejection: &JsonRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::TooLarge("The request is larger than it may be.".to_owned())
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::MediaType("application/json"),
        _ => ApiError::Invalid("body.unreadable", brief(rejection.body_text())),
    }
}

/// What a reader says may repeat what it read, however long that is.
fn brief(mut text: String) -> String {
    const BYTES_MAX: usize = 300;
    if text.len() > BYTES_MAX {
        text.truncate(text.floor_char_boundary(BYTES_MAX));
        text.push('…');
    }
    text
}
