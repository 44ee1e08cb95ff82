//! Certificates of programs: what they show on the machines' listener instead of a key (RFC 8705).
//!
//! A program is known by a certificate that was registered itself, whoever issued it, or by a DNS name in one that an
//! authority of the configuration issued. Either is looked up and judged with every request by the service's clock, so
//! that what was ended or has run out is of no use from the next request on. A certificate belongs to one program.
//! **Absent on purpose:** revocation lists. Whoever runs the service ends a certificate or a name here.

use super::{Caller, Method, Rights, read_kind};
use crate::{config::Config, error::ApiError, state::Backend, store::StoreError, tls, tls::Shown};
use attest_domain::Digest;
use axum::http::request::Parts;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, UnixTime, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use sha2::{Digest as _, Sha256};
use sqlx::{Any, Row as _, Transaction, any::AnyRow};
use std::{sync::Arc, time::Duration};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

/// Names that are looked up of one certificate.
const NAMES_MAX: usize = 16;

const UNKNOWN: ApiError = ApiError::Unauthorized(
    "certificate.unknown",
    "This certificate is not registered here (any more). Ask for it to be registered.",
);
const EXPIRED: ApiError = ApiError::Unauthorized(
    "certificate.expired",
    "This certificate does not hold today. Show the one that has taken its place.",
);

/// The authorities that programs' certificates may come from.
#[derive(Debug)]
pub(crate) struct Authorities(Option<Arc<dyn ClientCertVerifier>>);

impl Authorities {
    /// Reads those of the configuration.
    pub(crate) fn load(config: &Config) -> Result<Self, anyhow::Error> {
        let files = config.machines.iter().flat_map(|machines| &machines.client_ca);
        let mut roots = RootCertStore::empty();
        for file in files {
            for certificate in tls::load_certificates(file)? {
                roots.add(certificate)?;
            }
        }
        if roots.is_empty() {
            return Ok(Self(None));
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), tls::provider());
        Ok(Self(Some(verifier.build()?)))
    }

    /// Whether one of them issued a certificate for clients that holds at this time; `None` without authorities.
    fn verify(&self, chain: &[CertificateDer<'_>], now: i64) -> Option<Result<(), rustls::Error>> {
        let (own, rest) = chain.split_first()?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
        Some(self.0.as_ref()?.verify_client_cert(own, rest, now).map(drop))
    }
}

/// What a program is registered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    /// What it is known by.
    pub(crate) thumbprint: Digest,
    /// From when on it holds, seconds since 1970.
    not_before: i64,
    /// Until when.
    not_after: i64,
}

/// Reads the one certificate of a PEM text.
pub(crate) fn parse(pem: &str) -> Result<Registered, ApiError> {
    let invalid = |message: &str| ApiError::Invalid("certificate.unreadable", message.to_owned());
    let mut found = CertificateDer::pem_slice_iter(pem.as_bytes());
    let (Some(Ok(der)), None) = (found.next(), found.next()) else {
        return Err(invalid("The file has to hold exactly one certificate as PEM, without those above it."));
    };
    let (_, certificate) =
        X509Certificate::from_der(&der).map_err(|_| invalid("The certificate cannot be read."))?;
    let validity = certificate.validity();
    Ok(Registered {
        thumbprint: thumbprint(&der),
        not_before: validity.not_before.timestamp(),
        not_after: validity.not_after.timestamp(),
    })
}

/// One spelling of a DNS name that certificates may be known by; `None` for what is none.
pub(crate) fn parse_name(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (name.len() <= 253 && name.contains('.') && name.split('.').all(label)).then_some(name)
}

/// `x5t#S256`.
fn thumbprint(der: &[u8]) -> Digest {
    Digest(Sha256::digest(der).into())
}

/// Registers a certificate for a program. One that belongs to a program, or did, is refused.
pub(crate) async fn register(
    tx: &mut Transaction<'static, Any>,
    subject: &str,
    registered: &Registered,
    now: &str,
) -> Result<(), ApiError> {
    let inserted = sqlx::query(
        "insert into client_certificate (thumbprint, subject, not_before, not_after, created)
         values ($1, $2, $3, $4, $5) on conflict (thumbprint) do nothing",
    )
    .bind(registered.thumbprint.to_string())
    .bind(subject)
    .bind(registered.not_before)
    .bind(registered.not_after)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    taken(inserted.rows_affected())
}

/// Has certificates of the configured authorities with this name stand for a program.
pub(crate) async fn register_name(
    tx: &mut Transaction<'static, Any>,
    subject: &str,
    name: &str,
    now: &str,
) -> Result<(), ApiError> {
    let inserted = sqlx::query(
        "insert into client_name (name, subject, created) values ($1, $2, $3) on conflict (name) do nothing",
    )
    .bind(name)
    .bind(subject)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    taken(inserted.rows_affected())
}

fn taken(inserted: u64) -> Result<(), ApiError> {
    if inserted == 1 {
        return Ok(());
    }
    let message = "A program is, or was, registered with it already; make a new one.";
    Err(ApiError::Invalid("certificate.taken", message.to_owned()))
}

/// What the connection of a request has shown; empty without.
pub(crate) fn shown(parts: &Parts) -> Shown {
    parts.extensions.get::<Shown>().cloned().unwrap_or_default()
}

/// What tokens of a connection are bound to.
pub(crate) fn bond(shown: &Shown) -> Option<String> {
    Some(thumbprint(shown.0.first()?).to_string())
}

/// The program whose certificate was shown; `None` where none was.
pub(crate) async fn find_caller(backend: &Backend, shown: &Shown) -> Result<Option<Caller>, ApiError> {
    let Some(own) = shown.0.first() else { return Ok(None) };
    let now = backend.clock.now().as_second();
    let row = sqlx::query(
        "select s.id, s.kind, s.name, c.not_before, c.not_after
         from client_certificate c join subject s on s.id = c.subject
         where c.thumbprint = $1 and c.revoked is null and s.revoked is null",
    )
    .bind(thumbprint(own).to_string())
    .fetch_optional(&backend.store.reader)
    .await?;
    match row {
        Some(row) if (row.get::<i64, _>(3)..=row.get::<i64, _>(4)).contains(&now) => Ok(Some(caller(&row))),
        Some(_) => Err(EXPIRED),
        None => find_by_name(backend, &shown.0, now).await.map(Some),
    }
}

/// The program that a name in an authority's certificate stands for.
async fn find_by_name(backend: &Backend, chain: &[CertificateDer<'_>], now: i64) -> Result<Caller, ApiError> {
    use rustls::{CertificateError, Error};
    match backend.identity.authorities().verify(chain, now) {
        Some(Ok(())) => {}
        Some(Err(Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ))) => return Err(EXPIRED),
        Some(Err(_)) | None => return Err(UNKNOWN),
    }
    let names = serde_json::to_string(&names(&chain[0])).map_err(|error| ApiError::Bug(error.to_string()))?;
    let sql = format!(
        "select s.id, s.kind, s.name from client_name n join subject s on s.id = n.subject
         where n.name in ({}) and s.revoked is null order by s.id limit 2",
        backend.store.dialect.among(1)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(names).fetch_all(&backend.store.reader).await?;
    match rows.as_slice() {
        [one] => Ok(caller(one)),
        // Two programs by one certificate: nobody can say whose request it is.
        _ => Err(UNKNOWN),
    }
}

/// DNS names of a certificate.
fn names(der: &[u8]) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return Vec::new() };
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = alternatives.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => parse_name(name),
        _ => None,
    });
    names.take(NAMES_MAX).collect()
}

fn caller(row: &AnyRow) -> Caller {
    Caller {
        subject: row.get(0),
        kind: read_kind(row.get(1)),
        name: row.get(2),
        method: Method::Certificate,
        rights: Rights::default(),
        device: None,
    }
}

/// Ends a certificate or a name; false where there is no such one that holds.
pub(crate) async fn end(tx: &mut Transaction<'static, Any>, id: &str, now: &str) -> Result<bool, StoreError> {
    let ended =
        sqlx::query("update client_certificate set revoked = $1 where thumbprint = $2 and revoked is null")
            .bind(now)
            .bind(id)
            .execute(&mut **tx)
            .await?;
    let forgotten =
        sqlx::query("delete from client_name where name = $1").bind(id).execute(&mut **tx).await?;
    Ok(ended.rows_affected() + forgotten.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_certificate_is_one_and_tells_until_when_it_holds() {
        let mut parameters = rcgen::CertificateParams::new(vec!["bank.example".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let certificate = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let read = parse(&certificate.pem()).unwrap();
        assert_eq!((read.not_before, read.not_after), (1_767_225_600, 1_798_761_600));
        assert_eq!(read.thumbprint, thumbprint(certificate.der()));
        assert_eq!(names(certificate.der()), ["bank.example"]);
        for other in ["", "none", &format!("{0}{0}", certificate.pem())] {
            assert_eq!(parse(other).unwrap_err().code(), "certificate.unreadable");
        }
    }

    #[test]
    fn a_name_has_a_dot_and_no_wildcard() {
        assert_eq!(parse_name(" Bank.Example "), Some("bank.example".to_owned()));
        for none in ["", "bank", "*.example", "a..example", "bank.example.", "bank_1.example"] {
            assert_eq!(parse_name(none), None, "{none}");
        }
    }
}
