//! What an installation is told: where its data lie, how it is reached, which database it uses.
//!
//! Without a file it runs on SQLite and a document folder with a certificate of its own making, which is enough to
//! try it and to develop against it.

use serde::Deserialize;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};
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
    /// A standby of that database which bundles, disclosures and the signal are read from, `postgres://…`; the
    /// database itself where absent.
    pub replica: Option<String>,
    /// Where documents are kept; a folder in the data folder where absent.
    pub documents: Option<DocumentsConfig>,
    /// Folders into which a bank's file transfer puts documents.
    pub inbox: Vec<InboxConfig>,
    /// Certificate chain and key, PEM; a certificate of its own making where absent.
    pub certificate: Option<CertificateConfig>,
    /// Where programs show certificates (mutual TLS); nowhere where absent.
    pub machines: Option<MachinesConfig>,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or networks; nobody's where empty.
    pub proxies: Vec<Network>,
}

/// A listener of its own for mutual TLS, so that no browser is ever asked for a certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachinesConfig {
    /// Address and port to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Authorities (PEM) whose certificates may be known by a name in them; certificates that were registered
    /// themselves need none.
    #[serde(default)]
    pub client_ca: Vec<PathBuf>,
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(ipnet::IpNet);

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = text.parse::<IpAddr>().map(ipnet::IpNet::from);
        let network = address.or_else(|_| text.parse::<ipnet::IpNet>());
        network.map(Self).map_err(|_| format!("{text:?} is no address and no network"))
    }
}

impl Network {
    /// Whether the address is one of it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
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
    /// Authorities (PEM) that the store's certificate may come from, beside those of the system.
    pub ca_file: Option<PathBuf>,
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
            replica: None,
            documents: None,
            inbox: Vec::new(),
            certificate: None,
            machines: None,
            proxies: Vec::new(),
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
    /// A replica of nothing.
    #[error("A replica is one of a PostgreSQL; say database too.")]
    Replica,
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

    /// Refuses a place where data of a tenant may not be kept, and a replica of nothing.
    ///
    /// # Errors
    /// [`ConfigError::Region`], [`ConfigError::Replica`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let stores = self.documents.iter().map(|documents| &documents.region);
        for region in std::iter::once(&self.region).chain(stores) {
            if !REGIONS.contains(&region.as_str()) {
                return Err(ConfigError::Region(region.clone()));
            }
        }
        if self.replica.is_some() && self.database.is_none() {
            return Err(ConfigError::Replica);
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
        let documents = DocumentsConfig {
            url: "s3://b".to_owned(),
            endpoint: None,
            region: "eu-north-1".to_owned(),
            ca_file: None,
        };
        let store_abroad = Config { documents: Some(documents), ..Config::default() };
        assert!(store_abroad.check().is_err());
        assert!(Config::default().check().is_ok());
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_nothing_else() {
        let config: Config = toml::from_str("proxies = [\"10.0.0.0/8\", \"2001:db8::7\"]").unwrap();
        let knows =
            |address: &str| config.proxies.iter().any(|network| network.contains(address.parse().unwrap()));
        assert!(knows("10.9.8.7") && knows("::ffff:10.9.8.7") && knows("2001:db8::7"));
        assert!(!knows("11.0.0.1") && !knows("2001:db8::8"));
        assert!(toml::from_str::<Config>("proxies = [\"balancer\"]").is_err());
    }

    #[test]
    fn a_replica_without_a_database_refuses_to_start() {
        let config = Config { replica: Some("postgres://standby/attest".to_owned()), ..Config::default() };
        assert!(matches!(config.check(), Err(ConfigError::Replica)));
    }

    #[test]
    fn a_setting_nobody_knows_is_refused() {
        assert!(toml::from_str::<Config>("listn = \"0.0.0.0:1\"").is_err());
    }
}
