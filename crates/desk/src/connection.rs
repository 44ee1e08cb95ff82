//! Which backend a workspace replicates, and as whom.
//!
//! Kept inside the encrypted cache, so that it is protected by the key in the keychain and changes with the rest in
//! one transaction (ADR 0019). A person's sign-in lies beside it (`sign_in`, ADR 0024).

use crate::{error::DeskError, view::MembershipView};
use attest_cache::{Cache, log::WriteTx};
use attest_domain::event::{Actor, ActorKind};
use attest_evidence::note::VerifierKey;
use attest_remote::{Credentials, Https, Remote, RemoteError, Transport, Trust, is_identity};
use attest_wire::tenant::Me;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};
use uuid::Uuid;
use zeroize::Zeroizing;

const KEY: &str = "connection";

/// A backend, the company there, and the member.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Connection {
    /// `https://` and the host.
    pub(crate) server: String,
    /// The one certificate to trust (PEM); the system's where absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) certificate: Option<String>,
    pub(crate) tenant: Uuid,
    pub(crate) company: String,
    /// Whose signature the log goes by, as it was given when the workspace was connected.
    pub(crate) verifier_key: String,
    pub(crate) subject: String,
    pub(crate) role: String,
    pub(crate) auth: String,
    /// Where the data are kept, as the backend said when the workspace was connected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) region: Option<String>,
    /// The API key, or a program's certificate with its key (PEM); empty where a person signs in, or nobody does.
    pub(crate) key: Zeroizing<String>,
}

impl fmt::Debug for Connection {
    /// Never the key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How a server is reached; a simulation brings its own.
pub trait Network: fmt::Debug + Send + Sync {
    /// A way to the server.
    ///
    /// # Errors
    /// [`RemoteError::Setup`].
    fn reach(&self, server: &str, trust: &Trust) -> Result<Arc<dyn Transport>, RemoteError>;

    /// A way on which a program shows its certificate (chain and key, PEM).
    ///
    /// # Errors
    /// [`RemoteError::Setup`].
    fn reach_showing(
        &self,
        _server: &str,
        _trust: &Trust,
        _identity: &str,
    ) -> Result<Arc<dyn Transport>, RemoteError> {
        Err(RemoteError::Setup("certificates are not shown on this network".to_owned()))
    }
}

/// The network of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Internet;

impl Network for Internet {
    fn reach(&self, server: &str, trust: &Trust) -> Result<Arc<dyn Transport>, RemoteError> {
        Ok(Arc::new(Https::new(server, trust)?))
    }

    fn reach_showing(
        &self,
        server: &str,
        trust: &Trust,
        identity: &str,
    ) -> Result<Arc<dyn Transport>, RemoteError> {
        Ok(Arc::new(Https::with_identity(server, trust, identity)?))
    }
}

/// A way to a server whose certificate is the given one, or one that the system trusts.
pub(crate) fn reach(
    network: &dyn Network,
    server: &str,
    certificate: Option<&str>,
) -> Result<Arc<dyn Transport>, RemoteError> {
    network.reach(server, &trust(certificate))
}

fn trust(certificate: Option<&str>) -> Trust {
    certificate.map_or(Trust::System, |pem| Trust::Certificate(pem.as_bytes().to_vec()))
}

/// The same for the holder of a key; where that is a certificate with its key, the way shows it.
fn reach_with(
    network: &dyn Network,
    server: &str,
    certificate: Option<&str>,
    key: &str,
) -> Result<Arc<dyn Transport>, RemoteError> {
    if is_identity(key) {
        network.reach_showing(server, &trust(certificate), key)
    } else {
        reach(network, server, certificate)
    }
}

/// The backend as the holder of a key sees it.
pub(crate) fn remote(
    network: &dyn Network,
    server: &str,
    certificate: Option<&str>,
    key: &Zeroizing<String>,
) -> Result<Remote, RemoteError> {
    Ok(Remote::new(reach_with(network, server, certificate, key)?, Credentials::of_program(key)))
}

impl Connection {
    /// The connection of a member to one of its companies, named by its id or name where there are several.
    pub(crate) fn new(
        server: &str,
        certificate: Option<String>,
        me: &Me,
        company: Option<&str>,
    ) -> Result<Self, DeskError> {
        let is_meant = |id: &Uuid, name: &str| match company {
            Some(wanted) => {
                let wanted = wanted.trim();
                wanted.parse().is_ok_and(|wanted: Uuid| wanted == *id)
                    || wanted.to_lowercase() == name.to_lowercase()
            }
            None => true,
        };
        let mut meant = me.tenants.iter().filter(|tenant| is_meant(&tenant.id, &tenant.name));
        let (Some(tenant), None) = (meant.next(), meant.next()) else {
            return Err(DeskError::ChooseCompany(me.tenants.iter().map(MembershipView::of).collect()));
        };
        let connection = Self {
            server: server.to_owned(),
            certificate,
            tenant: tenant.id,
            company: tenant.name.clone(),
            verifier_key: tenant.verifier_key.clone(),
            subject: me.subject.clone(),
            role: tenant.role.code().to_owned(),
            auth: me.auth.clone(),
            region: Some(tenant.region.clone()),
            key: Zeroizing::default(),
        };
        connection.verifier_key()?;
        Ok(connection)
    }

    /// The same after its member has signed in again, without credentials.
    pub(crate) fn renewed(self, me: &Me) -> Result<Self, DeskError> {
        if me.subject != self.subject {
            return Err(DeskError::OtherMember);
        }
        Ok(Self { auth: me.auth.clone(), key: Zeroizing::default(), ..self })
    }

    /// The connection of an open workspace; `None` in a standalone one.
    pub(crate) async fn find(cache: &Cache) -> Result<Option<Self>, DeskError> {
        let Some(json) = cache.find_meta(KEY).await?.map(Zeroizing::new) else { return Ok(None) };
        serde_json::from_str(&json)
            .map(Some)
            .map_err(|error| DeskError::Bug(format!("the connection: {error}")))
    }

    /// The connection of a workspace that must have one.
    pub(crate) async fn require(cache: &Cache) -> Result<Self, DeskError> {
        Self::find(cache).await?.ok_or(DeskError::NotConnected)
    }

    pub(crate) async fn put(&self, tx: &mut WriteTx) -> Result<(), DeskError> {
        let json =
            Zeroizing::new(serde_json::to_string(self).map_err(|error| DeskError::Bug(error.to_string()))?);
        Ok(tx.put_meta(KEY, &json).await?)
    }

    pub(crate) fn verifier_key(&self) -> Result<VerifierKey, DeskError> {
        VerifierKey::parse(&self.verifier_key).map_err(|error| DeskError::Bug(error.to_string()))
    }

    /// The actor of what is decided here.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: match self.role.as_str() {
                "worker" => ActorKind::System,
                "bank" => ActorKind::Bank,
                _ => ActorKind::User,
            },
            id: self.subject.clone(),
            role: Some(self.role.clone()),
            auth: Some(self.auth.clone()),
            order: None,
        }
    }

    /// A way to the server.
    pub(crate) fn reach(&self, network: &dyn Network) -> Result<Arc<dyn Transport>, RemoteError> {
        reach_with(network, &self.server, self.certificate.as_deref(), &self.key)
    }
}
