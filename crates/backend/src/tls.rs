//! TLS 1.3 and nothing older, the hybrid key exchange X25519MLKEM768 first; and the listener on which programs show
//! certificates.
//!
//! There a handshake asks for a certificate and goes on without one. It proves that the other side has the key of
//! what it shows and nothing else: whose certificate it is, and whether it still holds, is looked up with every
//! request (`identity/certificates.rs`), so that one can be added or ended while the service runs and a refusal is an
//! answer that can be read.

use crate::config::Config;
use anyhow::{Context as _, Result};
use axum_server::{
    accept::{Accept, NoDelayAcceptor},
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures_util::future::BoxFuture;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::{ParsedCertificate, danger::ClientCertVerified, danger::ClientCertVerifier},
    version::TLS13,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tower_http::add_extension::AddExtension;

/// Most certificates that a program may show: its own and those that lead to an authority.
const CHAIN_MAX: usize = 8;

/// The configuration of the listener for everybody.
pub(crate) fn server(config: &Config) -> Result<ServerConfig> {
    build(config, None)
}

/// The configuration of the listener for programs.
pub(crate) fn machines(config: &Config) -> Result<ServerConfig> {
    build(config, Some(Arc::new(AnyCertificate(provider()))))
}

/// The algorithms.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn build(config: &Config, clients: Option<Arc<dyn ClientCertVerifier>>) -> Result<ServerConfig> {
    let (chain, key) = match &config.certificate {
        Some(certificate) => (certificate.chain.clone(), certificate.key.clone()),
        None => development(config)?,
    };
    let certificates = load_certificates(&chain)?;
    let key = PrivateKeyDer::from_pem_file(&key).with_context(|| format!("the key {}", key.display()))?;
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13])?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => builder.with_client_cert_verifier(clients),
    };
    let mut server = builder.with_single_cert(certificates, key)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
}

/// The certificates of a PEM file.
pub(crate) fn load_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("the certificate {}", path.display()))
}

/// Takes any certificate whose key the other side has.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A registered certificate may come from anywhere, so none is hinted at.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        ParsedCertificate::try_from(end_entity)?;
        if intermediates.len() >= CHAIN_MAX {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificates that the other side of a connection has shown and has the key of, its own first; empty without.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(pub(crate) Arc<[CertificateDer<'static>]>);

/// Accepts TLS and tells every request of the connection what was shown in its handshake.
#[derive(Clone, Debug)]
pub(crate) struct Acceptor(RustlsAcceptor<NoDelayAcceptor>);

impl Acceptor {
    pub(crate) fn new(config: ServerConfig) -> Self {
        let config = RustlsConfig::from_config(Arc::new(config));
        // Without delay: an answer of several packets would otherwise wait 40 ms for the acknowledgement of its first.
        Self(RustlsAcceptor::new(config).acceptor(NoDelayAcceptor))
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Acceptor {
    type Stream = <RustlsAcceptor<NoDelayAcceptor> as Accept<TcpStream, S>>::Stream;
    type Service = AddExtension<S, Shown>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let shown = Shown(shown.iter().map(|one| one.clone().into_owned()).collect());
            Ok((stream, AddExtension::new(service, shown)))
        })
    }
}

/// Path of the development certificate, for clients that are to trust it.
pub(crate) fn development_chain(config: &Config) -> PathBuf {
    config.data.join("certificate.pem")
}

/// Makes a certificate for this machine, once.
fn development(config: &Config) -> Result<(PathBuf, PathBuf)> {
    let (chain, key) = (development_chain(config), config.data.join("certificate.key"));
    if !chain.exists() {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        if !names.contains(&config.host) {
            names.push(config.host.clone());
        }
        let mut parameters = rcgen::CertificateParams::new(names)?;
        let now = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_before = now;
        parameters.not_after = rcgen::date_time_ymd(2036, 1, 1);
        let pair = rcgen::KeyPair::generate()?;
        let certificate = parameters.self_signed(&pair)?;
        crate::operate::write_private(&key, pair.serialize_pem().as_bytes())?;
        std::fs::write(&chain, certificate.pem())?;
    }
    Ok((chain, key))
}
