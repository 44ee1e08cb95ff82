//! Why something did not come back from the backend.

use attest_wire::Problem;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// No connection, or it broke.
    #[error("The service cannot be reached: {0}.")]
    Unreachable(String),
    /// It took too long.
    #[error("The service did not answer in time.")]
    Timeout,
    /// It answered with more than an answer of this kind can have.
    #[error("The service sent more than {limit} bytes for a {what}. Nothing of it was used.")]
    TooLarge {
        /// What was asked for.
        what: &'static str,
        /// Most bytes.
        limit: usize,
    },
    /// It answered with something that is no answer.
    #[error("The service sent a {0} that cannot be read. Nothing of it was used.")]
    Garbled(&'static str),
    /// The bytes of a document are not those asked for.
    #[error("The service sent other bytes than those of the document. Nothing of it was used.")]
    Digest,
    /// The certificate or key of the connection does not fit.
    #[error("The address or certificate of the service is no good: {0}.")]
    Setup(String),
    /// It refused.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// Nobody is signed in any more: it ran out, was ended, or a refresh token was used twice.
    #[error("Nobody is signed in. Sign in again; what was decided here is kept.")]
    SignedOut,
    /// A new refresh token could not be stored, so it was not used.
    #[error("The renewed sign-in could not be stored: {0}. Nothing was sent.")]
    NotKept(String),
    /// The service cannot be signed in to as we do.
    #[error("This service does not offer signing in by the browser: {0}.")]
    SignInUnsupported(&'static str),
    /// What the browser brought back is from another service than it was sent to (RFC 9207).
    #[error("Another service answered this sign-in than the one that was asked. Nothing was taken over.")]
    SignInElsewhere,
    /// The service ended the sign-in.
    #[error("The service did not complete the sign-in ({0}). Start again.")]
    SignInRefused(String),
    /// Nobody came back from the browser.
    #[error("Nobody signed in within {0} minutes. Start again.")]
    SignInTimeout(u64),
    /// No port of the machine can be listened on.
    #[error("This computer gives no port for the browser to come back to: {0}.")]
    Port(String),
}

impl RemoteError {
    /// Whether the same request can succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout | Self::NotKept(_) => true,
            Self::Refused(problem) => problem.status >= 500 || problem.status == 429,
            _ => false,
        }
    }

    /// Whether what was asked for is not there, or not for this member.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404 || problem.status == 403)
    }

    /// Whether the credentials do not hold any more.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        match self {
            Self::SignedOut => true,
            Self::Refused(problem) => problem.status == 401,
            _ => false,
        }
    }

    /// Stable code for interfaces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "remote.unreachable",
            Self::Timeout => "remote.timeout",
            Self::TooLarge { .. } => "remote.too_large",
            Self::Garbled(_) => "remote.garbled",
            Self::Digest => "remote.digest",
            Self::Setup(_) => "remote.setup",
            Self::Refused(problem) if problem.status == 401 => "remote.signed_out",
            Self::Refused(_) => "remote.refused",
            Self::SignedOut => "remote.signed_out",
            Self::NotKept(_) => "remote.not_kept",
            Self::SignInUnsupported(_) => "remote.sign_in_unsupported",
            Self::SignInElsewhere => "remote.sign_in_elsewhere",
            Self::SignInRefused(_) => "remote.sign_in_refused",
            Self::SignInTimeout(_) => "remote.sign_in_timeout",
            Self::Port(_) => "remote.port",
        }
    }
}
