//! Tenants, their members and what stands beside the log: documents and disclosures.

use attest_domain::{
    Digest,
    roles::{Role, Scope},
};
use serde::{Deserialize, Serialize};
#[cfg(feature = "schema")]
use utoipa::ToSchema;
use uuid::Uuid;

/// A tenant that the caller is a member of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct TenantView {
    /// Its id.
    pub id: Uuid,
    /// Name of the company, as its administrator wrote it.
    pub name: String,
    /// What the caller is in it.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub role: Role,
    /// Origin of its log.
    pub origin: String,
    /// Verifier key of its log, as a C2SP signed-note key.
    pub verifier_key: String,
    /// Where its data are kept.
    pub region: String,
}

/// The caller and the tenants it is a member of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Me {
    /// Id of the person or program.
    pub subject: String,
    /// Name, where the person gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it signed in: `password`, `key`, `certificate`, or the provider of an eID.
    pub auth: String,
    /// What that vouches for: `secret` or `eid`. What asks for an eID refuses a secret.
    #[serde(default)]
    pub assurance: String,
    /// Tenants, by name.
    pub tenants: Vec<TenantView>,
}

/// A tenant to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Name of the company.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 200))]
    pub name: String,
}

/// A member of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct MemberView {
    /// Id of the person or program.
    pub subject: String,
    /// Name, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its role.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub role: Role,
    /// What narrows it.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub scope: Scope,
}

/// Members of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Members {
    /// By name, then id.
    pub members: Vec<MemberView>,
}

/// What a member is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// Its role.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub role: Role,
    /// What narrows it; nothing where absent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub scope: Scope,
    /// Why, for the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 100))]
    pub reason: Option<String>,
}

/// Disclosures of a range of the log that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Disclosures {
    /// In the order of their events.
    pub disclosures: Vec<Disclosed>,
    /// Where to go on: the first position that was not looked at.
    pub next: u64,
}

/// One disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Disclosed {
    /// Position of its event.
    pub seq: u64,
    /// RFC 9901 disclosure, base64url.
    pub text: String,
}

/// A delivered document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct DocumentView {
    /// Its SHA-256.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub sha256: Digest,
    /// Its length.
    pub bytes: u64,
    /// Name of its file as delivered.
    pub name: String,
    /// Position of its import in the log; absent while nobody has imported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
}

/// Documents, oldest delivery first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(ToSchema))]
pub struct Documents {
    /// At most 1,000.
    pub documents: Vec<DocumentView>,
}
