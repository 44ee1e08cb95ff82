//! How a request gets to the backend and its answer back: over HTTPS, or through a simulated network.

use crate::error::RemoteError;
use bytes::Bytes;
use futures_util::Stream;
use std::{fmt, pin::Pin};

/// The bytes of an answer as they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, RemoteError>> + Send>>;
/// A request under way.
pub type Exchange<'t> =
    Pin<Box<dyn Future<Output = Result<http::Response<BodyStream>, RemoteError>> + Send + 't>>;

/// A way to the backend. The request's address is a path; the transport knows the host.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request and gives the head of the answer; the body follows as it arrives.
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_>;
}
