//! How somebody was authenticated, and what that is good for.

use std::fmt;

/// How a caller was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A program's key.
    Key,
    /// A program's certificate.
    Certificate,
    /// A password and a code of an authenticator.
    Password,
    /// An eID, by the code of its provider, such as `bankid-se`.
    Eid(String),
}

/// What a method vouches for, weakest first. Rules ask for the least they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Assurance {
    /// Somebody who knows a secret. Never enough for approving, exporting or changing roles once these ask for more.
    Secret,
    /// A person whom an eID vouches for.
    Eid,
}

impl Assurance {
    /// What clients are told.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Eid => "eid",
        }
    }
}

impl Method {
    /// Reads what [`fmt::Display`] writes.
    pub(crate) fn parse(code: &str) -> Self {
        match code {
            "key" => Self::Key,
            "certificate" => Self::Certificate,
            "password" => Self::Password,
            provider => Self::Eid(provider.to_owned()),
        }
    }

    /// What it vouches for.
    pub(crate) fn assurance(&self) -> Assurance {
        match self {
            Self::Key | Self::Certificate | Self::Password => Assurance::Secret,
            Self::Eid(_) => Assurance::Eid,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Password => "password",
            Self::Eid(provider) => provider,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_or_a_key_never_counts_as_an_eid() {
        for code in ["key", "certificate", "password", "bankid-se"] {
            assert_eq!(Method::parse(code).to_string(), code);
        }
        for method in [Method::Password, Method::Key, Method::Certificate] {
            assert!(method.assurance() < Assurance::Eid, "{method}");
        }
        assert_eq!(Method::parse("bankid-se").assurance(), Assurance::Eid);
    }
}
