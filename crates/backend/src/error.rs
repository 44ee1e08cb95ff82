//! What a refused request is answered with: RFC 9457 problems with a stable code and a sentence.
//!
//! What went wrong inside is logged and never told to the caller.

use crate::store::StoreError;
use attest_wire::{PROBLEM_TYPE, Problem};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Not signed in, or not any more.
    #[error("{1}")]
    Unauthorized(&'static str, &'static str),
    /// Signed in, and not allowed.
    #[error("{0}")]
    Denied(#[from] attest_domain::roles::Denied),
    /// Not there, or not for the caller to know of.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The request cannot be understood.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// Something larger than the limit.
    #[error("{0}")]
    TooLarge(String),
    /// The address does not take the method.
    #[error("This address does not take this method.")]
    Method,
    /// A body of another type.
    #[error("The body has to be {0}, and the header Content-Type has to say so.")]
    MediaType(&'static str),
    /// Too many requests.
    #[error("Too many attempts. Try again in {0} seconds.")]
    TooMany(u32),
    /// The store, or what lies in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document store.
    #[error("The document store did not answer: {0}")]
    Documents(#[from] object_store::Error),
    /// Something that should never be.
    #[error("{0}")]
    Bug(String),
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(..) => StatusCode::UNAUTHORIZED,
            Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(..) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(StoreError::Damaged) => StatusCode::CONFLICT,
            Self::Store(error) if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Documents(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Bug(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized(code, _) | Self::Invalid(code, _) => code,
            Self::Denied(_) => "denied",
            Self::NotFound(_) => "not_found",
            Self::TooLarge(_) => "too_large",
            Self::Method => "method",
            Self::MediaType(_) => "media_type",
            Self::TooMany(_) => "too_many",
            Self::Store(StoreError::Damaged) => "log.damaged",
            Self::Store(_) | Self::Documents(_) => "unavailable",
            Self::Bug(_) => "internal",
        }
    }

    pub(crate) fn problem(&self) -> Problem {
        let status = self.status();
        let detail = if status.is_server_error() {
            "The service cannot answer at the moment. Nothing was changed. Try again shortly.".to_owned()
        } else {
            self.to_string()
        };
        let retry_after = match self {
            Self::TooMany(seconds) => Some(*seconds),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(2),
            _ => None,
        };
        Problem { code: self.code().to_owned(), status: status.as_u16(), detail, retry_after }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, "a request failed");
        }
        let problem = self.problem();
        let retry_after = problem.retry_after;
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9449 §7.1 and §9.
            let scheme = match self.code() {
                "dpop.nonce" => "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"",
                "dpop.invalid" => "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"",
                "token.invalid" => {
                    "DPoP error=\"invalid_token\", algs=\"ES256\", Bearer error=\"invalid_token\""
                }
                // None of the schemes that HTTP knows is by certificate (RFC 8705 §3 uses Bearer).
                _ => "DPoP algs=\"ES256\", Bearer",
            };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response
    }
}
