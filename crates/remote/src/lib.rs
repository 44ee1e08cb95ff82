//! The backend's client: what a replica pulls and pushes, over any [`Transport`].
//!
//! Every answer has a limit in bytes and in time, and nothing that comes back is believed here beyond its shape:
//! digests of documents are checked, bundles must have the width asked for, answers must belong to what was sent.
//! What the log says is verified where its frontier is known, in `desk`.

pub mod breaker;
mod browser;
mod client;
mod dpop;
mod error;
mod https;
mod loopback;
mod sign_in;
mod transport;

pub use browser::BrowserSignIn;
pub use client::{Credentials, Remote, Signals, is_identity};
pub use dpop::DeviceKey;
pub use error::RemoteError;
pub use https::{Https, Trust};
pub use sign_in::{Change, Grant, Keep, SignIn};
pub use transport::{BodyStream, Exchange, Transport};
