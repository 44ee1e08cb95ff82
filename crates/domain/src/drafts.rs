//! What is written about documents, accounts, exports and the workspace itself, where no rule has to choose: one
//! function for each event, so that desktop and backend say the same.

use crate::{
    event::{Draft, EvidenceRef, Object, action},
    ids::Digest,
    roles::{Role, Scope},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Figures of a document, as its event tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFigures {
    /// Length of the document.
    pub bytes: u64,
    /// Format with version.
    pub format: String,
    /// Statements in it.
    pub statements: u64,
    /// Bank entries in it.
    pub entries: u64,
    /// Vouchers in it.
    pub vouchers: u64,
    /// Ledger lines in it that count.
    pub ledger_lines: u64,
    /// The mapping a table was read with, as TOML: without it no replica could read the same figures.
    pub mapping: Option<String>,
}

/// `document.import`. The document's version is 1: what is stored under a digest never changes.
#[must_use]
pub fn document_imported(sha256: &Digest, name: &str, figures: &DocumentFigures) -> Draft {
    let mut after = json!({
        "bytes": figures.bytes, "format": figures.format, "statements": figures.statements,
        "entries": figures.entries, "vouchers": figures.vouchers, "ledger_lines": figures.ledger_lines,
    });
    if let Some(mapping) = &figures.mapping {
        after["mapping"] = json!(mapping);
    }
    let mut draft = document(action::DOCUMENT_IMPORT, sha256, name, after);
    draft.evidence.push(EvidenceRef { kind: "document".to_owned(), sha256: *sha256 });
    draft
}

/// `document.refuse`: the only trace of a document that could not be read. `code` is the finding's.
#[must_use]
pub fn document_refused(sha256: &Digest, name: &str, bytes: u64, code: &str, line: Option<u64>) -> Draft {
    let after = json!({ "bytes": bytes, "line": line });
    Draft { reason: Some(code.to_owned()), ..document(action::DOCUMENT_REFUSE, sha256, name, after) }
}

fn document(action: &'static str, sha256: &Digest, name: &str, after: Value) -> Draft {
    Draft {
        after: Some(after),
        // File names often hold account numbers and people's names.
        sensitive: vec![("name", name.to_owned())],
        ..draft(action, "document", sha256.to_string(), 1)
    }
}

/// `account.assign`: the ledger account of a bank account. `object` is the digest of the account's key, which is a
/// disclosure because the number of an account may be a person's.
#[must_use]
pub fn account_assigned(object: &Digest, key: &str, ledger_account: &str, reason: Option<&str>) -> Draft {
    Draft {
        reason: reason.map(str::to_owned),
        after: Some(json!({ "ledger_account": ledger_account })),
        sensitive: vec![("account", key.to_owned())],
        ..draft(action::ACCOUNT_ASSIGN, "account", object.to_string(), 1)
    }
}

/// `reconciliation.export`: a reconciliation left as a file of `rows` rows with this digest.
#[must_use]
pub fn reconciliation_exported(
    object: &Digest,
    key: &str,
    month: Option<&str>,
    rows: u64,
    sha256: &Digest,
) -> Draft {
    Draft {
        after: Some(json!({ "format": "csv", "month": month, "rows": rows })),
        evidence: vec![EvidenceRef { kind: "export".to_owned(), sha256: *sha256 }],
        sensitive: vec![("account", key.to_owned())],
        ..draft(action::EXPORT, "reconciliation", object.to_string(), 1)
    }
}

/// What a member is, as its events tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The role.
    pub role: Role,
    /// What narrows it.
    pub scope: Scope,
}

/// `member.add`: who `subject` is from now on; `certificates` are those a program is known by from the start.
#[must_use]
pub fn member_added(
    subject: &str,
    version: u64,
    name: Option<&str>,
    after: &Standing,
    certificates: &[Digest],
) -> Draft {
    let certificate = |sha256: &Digest| EvidenceRef { kind: "certificate".to_owned(), sha256: *sha256 };
    Draft {
        after: Some(standing(after)),
        evidence: certificates.iter().map(certificate).collect(),
        sensitive: about_member(name, after),
        ..draft(action::MEMBER_ADD, "member", subject.to_owned(), version)
    }
}

/// `member.change`: what the member `subject` was and is. Its name and its accounts are disclosures.
#[must_use]
pub fn member_changed(
    subject: &str,
    version: u64,
    name: Option<&str>,
    before: &Standing,
    after: &Standing,
    reason: Option<&str>,
) -> Draft {
    Draft {
        reason: reason.map(str::to_owned),
        before: Some(standing(before)),
        after: Some(standing(after)),
        sensitive: about_member(name, after),
        ..draft(action::MEMBER_CHANGE, "member", subject.to_owned(), version)
    }
}

/// `member.remove`: what `subject` was and is no more.
#[must_use]
pub fn member_removed(subject: &str, version: u64, name: Option<&str>, before: &Standing) -> Draft {
    Draft {
        before: Some(standing(before)),
        sensitive: about_member(name, before),
        ..draft(action::MEMBER_REMOVE, "member", subject.to_owned(), version)
    }
}

/// Role and limits; of the accounts only how many, because their numbers may be a person's.
fn standing(standing: &Standing) -> Value {
    json!({
        "role": standing.role.code(),
        "accounts": standing.scope.accounts.as_ref().map(std::collections::BTreeSet::len),
        "amount_max": standing.scope.amount_max.map(|amount| amount.to_string()),
    })
}

fn about_member(name: Option<&str>, standing: &Standing) -> Vec<(&'static str, String)> {
    let name = name.map(|name| ("name", name.to_owned()));
    let accounts = standing.scope.accounts.as_ref().map(|accounts| ("accounts", json!(accounts).to_string()));
    name.into_iter().chain(accounts).collect()
}

/// `disclosure.erase`: what the event `id` at `seq` concealed under these digests is destroyed. The leaf and every
/// proof stay valid; `reason` is the code of the ground for it, such as `gdpr.17`.
#[must_use]
pub fn disclosures_erased(id: Uuid, version: u64, seq: u64, digests: &[String], reason: &str) -> Draft {
    Draft {
        reason: Some(reason.to_owned()),
        after: Some(json!({ "seq": seq, "disclosures": digests })),
        ..draft(action::DISCLOSURE_ERASE, "event", id.to_string(), version)
    }
}

/// What a `disclosure.erase` speaks of: the position of its event, and the digests.
#[must_use]
pub fn read_erasure(event: &crate::event::Event) -> Option<(u64, Vec<String>)> {
    let after = event.after.as_ref().filter(|_| event.action == action::DISCLOSURE_ERASE)?;
    let digests = after.get("disclosures")?.as_array()?;
    let digests = digests.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Some((after.get("seq")?.as_u64()?, digests))
}

/// `workspace.create`, the first event of every log. `mode` is `standalone` or `connected`.
#[must_use]
pub fn workspace_created(tenant: Uuid, mode: &str) -> Draft {
    Draft {
        after: Some(json!({ "mode": mode })),
        ..draft(action::WORKSPACE_CREATE, "workspace", tenant.to_string(), 1)
    }
}

/// `log.resume`: a person went on from `found` although the copy outside the cache said `kept` (both signed notes).
/// The versions of a log are its sizes.
#[must_use]
pub fn log_resumed(tenant: Uuid, kept: &str, found: &str, size: u64) -> Draft {
    Draft {
        before: Some(json!({ "checkpoint": kept })),
        after: Some(json!({ "checkpoint": found })),
        ..draft(action::LOG_RESUME, "log", tenant.to_string(), size)
    }
}

fn draft(action: &'static str, kind: &str, id: String, version: u64) -> Draft {
    Draft {
        action,
        object: Object { kind: kind.to_owned(), id, version },
        reason: None,
        before: None,
        after: None,
        evidence: Vec::new(),
        sensitive: Vec::new(),
    }
}
