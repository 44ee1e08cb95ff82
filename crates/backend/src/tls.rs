//! TLS 1.3 and nothing older, the hybrid key exchange X25519MLKEM768 first.

use crate::config::Config;
use anyhow::{Context as _, Result};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::TLS13,
};
use std::{path::PathBuf, sync::Arc};

/// The configuration of the listener.
pub(crate) fn server(config: &Config) -> Result<ServerConfig> {
    let (chain, key) = match &config.certificate {
        Some(certificate) => (certificate.chain.clone(), certificate.key.clone()),
        None => development(config)?,
    };
    let certificates = CertificateDer::pem_file_iter(&chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("the certificate {}", chain.display()))?;
    let key = PrivateKeyDer::from_pem_file(&key).with_context(|| format!("the key {}", key.display()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
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
