//! The address a client used: what DPoP proofs name and what tokens are issued by.
//!
//! A proof holds for one address (RFC 9449 §4.3), so that what was made for somebody else's server is of no use here.
//! Comparing it with the Host header alone would undo that, because whoever replays a proof also writes the header.
//! Comparing it with one configured address would break installations behind a balancer that maps ports and the ones
//! that are tried on a machine of one's own. So the host must be one of our names, and the port is as the client says.

use crate::{config::Config, error::ApiError};
use axum::http::{HeaderMap, Uri, header};

/// `https://host[:port]` as the client wrote it, in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// Reads it from a request, whose host must be ours.
    pub(crate) fn find(config: &Config, uri: &Uri, headers: &HeaderMap) -> Result<Self, ApiError> {
        // HTTP/2 has it in the request line, HTTP/1.1 in a header.
        let authority = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => headers.get(header::HOST).and_then(|host| host.to_str().ok()),
        };
        authority
            .and_then(split)
            .filter(|(host, _)| is_ours(config, host))
            .map(|(host, port)| Self(origin(&host, port)))
            .ok_or_else(|| {
                let message = "This service does not go by the name that the request calls it.";
                ApiError::Invalid("host.unknown", message.to_owned())
            })
    }

    /// The issuer of tokens and sign-ins (RFC 8414 §2).
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same host at another port.
    pub(crate) fn with_port(&self, port: u16) -> String {
        let authority = self.0.strip_prefix("https://").unwrap_or_default();
        split(authority).map_or_else(|| self.0.clone(), |(host, _)| origin(&host, port))
    }

    /// Whether `htu` of a proof names this origin and this path, apart from query and fragment.
    pub(crate) fn is_target(&self, htu: &str, path: &str) -> bool {
        let Ok(uri) = Uri::try_from(htu) else { return false };
        let named = uri.authority().and_then(|authority| split(authority.as_str()));
        uri.scheme_str() == Some("https")
            && named.is_some_and(|(host, port)| origin(&host, port) == self.0)
            && uri.path() == path
    }
}

/// Host in lower case and port; nothing where there is a user before them.
fn split(authority: &str) -> Option<(String, u16)> {
    let authority: axum::http::uri::Authority = authority.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let port = match authority.port() {
        Some(port) => port.as_str().parse().ok()?,
        None if authority.as_str().ends_with(':') => return None,
        None => 443,
    };
    Some((authority.host().to_ascii_lowercase(), port))
}

fn origin(host: &str, port: u16) -> String {
    if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

fn is_ours(config: &Config, host: &str) -> bool {
    // The certificate of its own making is for this machine too.
    let local = config.certificate.is_none() && ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    local || host.eq_ignore_ascii_case(&config.host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CertificateConfig;

    fn find(config: &Config, host: &str) -> Option<Origin> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        Origin::find(config, &Uri::from_static("/v1/me"), &headers).ok()
    }

    fn installed() -> Config {
        let path = std::path::PathBuf::new;
        Config {
            host: "attest.example".to_owned(),
            certificate: Some(CertificateConfig { chain: path(), key: path() }),
            ..Config::default()
        }
    }

    #[test]
    fn a_request_for_another_host_has_no_address_here() {
        let config = installed();
        assert!(find(&config, "attest.example").is_some());
        assert!(find(&config, "ATTEST.example:8443").is_some());
        for other in
            ["evil.example", "localhost", "127.0.0.1:8443", "anna@attest.example", "attest.example:", ""]
        {
            assert_eq!(find(&config, other), None, "{other}");
        }
        assert!(find(&Config::default(), "127.0.0.1:8443").is_some());
    }

    #[test]
    fn a_proof_names_the_address_whatever_its_query_and_spelling() {
        let origin = find(&installed(), "attest.example").unwrap();
        for same in ["https://attest.example/v1/me", "HTTPS://Attest.Example:443/v1/me?x=1"] {
            assert!(origin.is_target(same, "/v1/me"), "{same}");
        }
        for other in [
            "http://attest.example/v1/me",
            "https://attest.example:8443/v1/me",
            "https://evil.example/v1/me",
            "https://a@attest.example/v1/me",
            "https://attest.example/v1/ME",
            "/v1/me",
        ] {
            assert!(!origin.is_target(other, "/v1/me"), "{other}");
        }
    }
}
