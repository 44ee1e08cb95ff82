//! What an installation is told: where its data lie, how it is reached, which database it uses.
//!
//! Without a file it runs on SQLite and a document folder with a certificate of its own making, which is enough to
//! try it and to develop against it.

use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};
use uuid::Uuid;

/// Regions in which data may be kept: member states of the EU and the EEA, as `eu-<country>`.
const REGIONS: &[&str] = &[
    "eu-at", "eu-be", "eu-bg", "eu-cy", "eu-cz", "eu-de", "eu-dk", "eu-ee", "eu-es", "eu-fi", "eu-fr",
    "eu-gr", "eu-hr", "eu-hu", "eu-ie", "eu-is", "eu-it", "eu-li", "eu-lt", "eu-lu", "eu-lv", "eu-mt",
    "eu-nl", "eu-no", "eu-pl", "eu-pt", "eu-ro", "eu-se", "eu-si", "eu-sk",
];

/// An installation's configuration, a TOML file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Host name that logs are named after (`<host>/t/<tenant>`) and tokens are issued by. It never changes once a
    /// tenant exists.
    pub host: String,
    /// Folder of the installation's secret and certificate, and of SQLite and documents where those are kept locally.
    pub data: PathBuf,
    /// Where all of it is, such as `eu-se`. Anything outside the EU and the EEA refuses to start.
    pub region: String,
    /// Address and port at which metrics are told without encryption and sign-in, such as `127.0.0.1:9464`; nowhere
    /// where absent.
    pub metrics: Option<SocketAddr>,
    /// `postgres://…`; SQLite in the data folder where absent.
    pub database: Option<String>,
    /// Where documents are kept; a folder in the data folder where absent.
    pub documents: Option<DocumentsConfig>,
    /// Folders into which a bank's file transfer puts documents.
    pub inbox: Vec<InboxConfig>,
    /// Certificate chain and key, PEM; a certificate of its own making where absent.
    pub certificate: Option<CertificateConfig>,
}

/// An S3-compatible store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentsConfig {
    /// `s3://bucket/prefix` with the endpoint beside it. The credentials come from the environment.
    pub url: String,
    /// The store's address.
    pub endpoint: Option<String>,
    /// Where the store is; the same rule as for the installation.
    pub region: String,
}

/// A watched folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxConfig {
    /// The company whose documents come here.
    pub tenant: Uuid,
    /// The folder; files that were taken are moved to `delivered` in it.
    pub folder: PathBuf,
}

/// Where the certificate lies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateConfig {
    /// The chain, PEM.
    pub chain: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            host: "localhost".to_owned(),
            data: PathBuf::from("attest-data"),
            region: "eu-se".to_owned(),
            metrics: None,
            database: None,
            documents: None,
            inbox: Vec::new(),
            certificate: None,
        }
    }
}

/// Why an installation does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("The configuration {path} cannot be read: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that is not understood.
    #[error("The configuration {path} is not understood: {source}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// Data outside the EU.
    #[error(
        "The region {0} is not one of the EU or the EEA. Data of a tenant may not be kept there; nothing was started."
    )]
    Region(String),
    /// A store that is none.
    #[error("Documents are kept in a bucket, as s3://bucket/prefix; {0} names none.")]
    Store(String),
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &std::path::Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|source| ConfigError::Toml { path: path.to_owned(), source: Box::new(source) })
    }

    /// Refuses a place where data of a tenant may not be kept.
    ///
    /// # Errors
    /// [`ConfigError::Region`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let stores = self.documents.iter().map(|documents| &documents.region);
        for region in std::iter::once(&self.region).chain(stores) {
            if !REGIONS.contains(&region.as_str()) {
                return Err(ConfigError::Region(region.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_outside_the_eu_refuses_to_start() {
        let abroad = Config { region: "us-east-1".to_owned(), ..Config::default() };
        assert!(matches!(abroad.check(), Err(ConfigError::Region(_))));
        let documents =
            DocumentsConfig { url: "s3://b".to_owned(), endpoint: None, region: "eu-north-1".to_owned() };
        let store_abroad = Config { documents: Some(documents), ..Config::default() };
        assert!(store_abroad.check().is_err());
        assert!(Config::default().check().is_ok());
    }

    #[test]
    fn a_setting_nobody_knows_is_refused() {
        assert!(toml::from_str::<Config>("listn = \"0.0.0.0:1\"").is_err());
    }
}
