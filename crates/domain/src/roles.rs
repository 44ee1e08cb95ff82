//! Who may do what: the roles of a tenant's members, what each of them grants, and the scopes that narrow it.

use crate::amount::Amount;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a member is in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reconciles and decides.
    Controller,
    /// Decides and answers for it.
    Cfo,
    /// Brings documents in and prepares.
    Operator,
    /// Reads everything, changes nothing.
    Auditor,
    /// Manages members; sees no figure.
    Admin,
    /// A program of the tenant: reads, imports and matches by rule.
    Worker,
    /// A bank's channel: delivers documents and reads nothing.
    Bank,
}

/// Something that has to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entitlement {
    /// Read the log and its checkpoints.
    ReadLog,
    /// Read documents and disclosures.
    ReadDocuments,
    /// Deliver and import documents.
    ImportDocuments,
    /// Decide about lines of a reconciliation.
    Decide,
    /// Give a bank account its ledger account.
    AssignAccounts,
    /// Take a reconciliation out as a file.
    Export,
    /// Add and remove members, change their roles and scopes.
    ManageMembers,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] =
        [Self::Controller, Self::Cfo, Self::Operator, Self::Auditor, Self::Admin, Self::Worker, Self::Bank];

    /// The code that events and the API use.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Cfo => "cfo",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
            Self::Worker => "worker",
            Self::Bank => "bank",
        }
    }

    /// Reads what [`Role::code`] writes.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// What the role grants before any scope.
    #[must_use]
    pub fn grants(self, entitlement: Entitlement) -> bool {
        use Entitlement as E;
        match self {
            Self::Controller | Self::Cfo => entitlement != E::ManageMembers,
            Self::Operator => matches!(entitlement, E::ReadLog | E::ReadDocuments | E::ImportDocuments),
            Self::Auditor => matches!(entitlement, E::ReadLog | E::ReadDocuments | E::Export),
            // The log tells who did what, and no figure stands in it without its documents.
            Self::Admin => matches!(entitlement, E::ReadLog | E::ManageMembers),
            Self::Worker => !matches!(entitlement, E::ManageMembers | E::Export),
            Self::Bank => entitlement == E::ImportDocuments,
        }
    }
}

/// What narrows a member's role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Keys of the bank accounts the member may see and decide about; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<BTreeSet<String>>,
    /// Largest amount of one line, regardless of sign, that the member may decide about; `None` is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<Amount>,
}

/// Why somebody may not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role does not grant it.
    #[error("Your role does not allow this. Ask an administrator of the company for it.")]
    Role,
    /// The token of a program or session was given fewer rights than the role.
    #[error("This sign-in was given fewer rights than your role has, and this is not among them.")]
    Token,
    /// It is about an account outside the member's scope.
    #[error("This account is not among those you may work with. Ask an administrator of the company for it.")]
    Account,
    /// It is about an amount beyond the member's limit.
    #[error("The amount {amount} is beyond your limit of {limit}. Ask somebody with a higher limit.")]
    Amount {
        /// The amount.
        amount: Amount,
        /// The limit.
        limit: Amount,
    },
}

/// Checks one act of a member: its role, and for each line concerned its account, where one is known, and its amount.
///
/// # Errors
/// [`Denied`].
pub fn authorize<'l>(
    role: Role,
    scope: &Scope,
    entitlement: Entitlement,
    lines: impl IntoIterator<Item = (Option<&'l str>, Amount)>,
) -> Result<(), Denied> {
    if !role.grants(entitlement) {
        return Err(Denied::Role);
    }
    for (account, amount) in lines {
        if let Some(accounts) = &scope.accounts
            && !account.is_some_and(|account| accounts.contains(account))
        {
            // A line of no known account belongs to nobody's scope but that of those who see all.
            return Err(Denied::Account);
        }
        let size = if amount.is_negative() { -amount } else { amount };
        if let Some(limit) = scope.amount_max.filter(|limit| size > *limit) {
            return Err(Denied::Amount { amount: size, limit });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    #[test]
    fn only_an_admin_manages_members_and_an_admin_sees_no_figure() {
        for role in Role::ALL {
            assert_eq!(role.grants(Entitlement::ManageMembers), role == Role::Admin, "{role:?}");
        }
        assert!(!Role::Admin.grants(Entitlement::ReadDocuments));
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for change in [Entitlement::Decide, Entitlement::ImportDocuments, Entitlement::AssignAccounts] {
            assert_eq!(authorize(Role::Auditor, &Scope::default(), change, []), Err(Denied::Role));
        }
    }

    #[test]
    fn a_scope_lets_through_its_accounts_alone() {
        let scope = Scope { accounts: Some(BTreeSet::from(["123/SEK".to_owned()])), ..Scope::default() };
        let decide =
            |account| authorize(Role::Controller, &scope, Entitlement::Decide, [(account, amount("5"))]);
        assert_eq!(decide(Some("123/SEK")), Ok(()));
        assert_eq!(decide(Some("124/SEK")), Err(Denied::Account));
        assert_eq!(decide(None), Err(Denied::Account));
    }

    #[test]
    fn a_limit_counts_payments_like_receipts() {
        let limit = amount("1000");
        let scope = Scope { amount_max: Some(limit), ..Scope::default() };
        let decide = |text| authorize(Role::Cfo, &scope, Entitlement::Decide, [(None, amount(text))]);
        assert_eq!(decide("-1000.00"), Ok(()));
        assert_eq!(decide("-1000.01"), Err(Denied::Amount { amount: amount("1000.01"), limit }));
    }

    #[test]
    fn codes_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(role));
        }
        assert_eq!(Role::parse("owner"), None);
    }
}
