//! Who has to approve a batch: rules by account and amount, each a list of requirements that distinct people fulfil.

use crate::{amount::Amount, roles::Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Fewest approvals of anything, whatever a policy says: four eyes beside those that prepared.
pub const APPROVALS_MIN: usize = 2;
/// Most approvals that a rule may ask for.
const APPROVALS_MAX: usize = 8;

/// One approval that a rule asks for: somebody in one of these roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Roles of which the approver has to have one.
    pub roles: BTreeSet<Role>,
}

/// What batches of some accounts up to some total need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Keys of the debit accounts it is about; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<BTreeSet<String>>,
    /// Largest total it is about, in the currency of the account; `None` is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Amount>,
    /// The approvals it asks for, each by another person.
    pub approvals: Vec<Requirement>,
}

/// The rules of a company; the first that fits a batch is the one it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
}

/// Why a policy is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A rule asks for fewer approvals than four eyes are, or for more than anybody has people.
    #[error("Rule {0} asks for {1} approvals; it must be {APPROVALS_MIN} to {APPROVALS_MAX}.")]
    Approvals(usize, usize),
    /// A requirement that nobody can fulfil.
    #[error("Rule {0} asks for an approval that nobody may give.")]
    Nobody(usize),
    /// A rule behind one that takes everything.
    #[error("Rule {0} is never reached: a rule before it takes every batch.")]
    Unreachable(usize),
}

impl Policy {
    /// Whether it can be put in force. Rules are counted from 1.
    ///
    /// # Errors
    /// [`PolicyError`], with the first rule that is wrong.
    pub fn check(&self) -> Result<(), PolicyError> {
        let mut all_taken = false;
        for (number, rule) in (1..).zip(&self.rules) {
            if all_taken {
                return Err(PolicyError::Unreachable(number));
            }
            if !(APPROVALS_MIN..=APPROVALS_MAX).contains(&rule.approvals.len()) {
                return Err(PolicyError::Approvals(number, rule.approvals.len()));
            }
            if rule.approvals.iter().any(|one| !one.roles.iter().any(|role| may_approve(*role))) {
                return Err(PolicyError::Nobody(number));
            }
            all_taken = rule.accounts.is_none() && rule.up_to.is_none();
        }
        Ok(())
    }

    /// The rule of a batch; `None` where none fits, and then nobody can approve it.
    #[must_use]
    pub fn find_rule(&self, account: &str, total: Amount) -> Option<&Rule> {
        self.rules.iter().find(|rule| {
            rule.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
                && rule.up_to.is_none_or(|most| total <= most)
        })
    }
}

/// Whether a role may approve at all: people who answer for money do, whoever manages members or prepares does not.
pub(super) fn may_approve(role: Role) -> bool {
    matches!(role, Role::Controller | Role::Cfo)
}

impl Rule {
    /// Whether approvals by people in these roles fulfil it: each requirement by somebody else.
    #[must_use]
    pub fn is_met(&self, roles: &[Role]) -> bool {
        self.approvals.len() >= APPROVALS_MIN
            && roles.len() <= APPROVALS_MAX
            && assign(&self.approvals, &mut vec![false; roles.len()], roles)
    }

    /// Whether somebody in this role can be one of its approvers.
    #[must_use]
    pub fn asks_for(&self, role: Role) -> bool {
        may_approve(role) && self.approvals.iter().any(|one| one.roles.contains(&role))
    }
}

/// Gives each requirement a person who is not taken yet.
fn assign(open: &[Requirement], taken: &mut [bool], roles: &[Role]) -> bool {
    let Some((first, rest)) = open.split_first() else { return true };
    for (at, role) in roles.iter().enumerate() {
        if !taken[at] && may_approve(*role) && first.roles.contains(role) {
            taken[at] = true;
            if assign(rest, taken, roles) {
                return true;
            }
            taken[at] = false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(roles: &[Role]) -> Requirement {
        Requirement { roles: roles.iter().copied().collect() }
    }

    fn rule(up_to: Option<&str>, approvals: &[&[Role]]) -> Rule {
        Rule {
            accounts: None,
            up_to: up_to.map(|text| Amount::parse(text).unwrap()),
            approvals: approvals.iter().map(|roles| requirement(roles)).collect(),
        }
    }

    const EITHER: &[Role] = &[Role::Controller, Role::Cfo];
    const CFO: &[Role] = &[Role::Cfo];

    #[test]
    fn the_first_rule_that_fits_is_the_one() {
        let policy =
            Policy { rules: vec![rule(Some("1000"), &[EITHER, EITHER]), rule(None, &[CFO, EITHER])] };
        assert_eq!(policy.check(), Ok(()));
        let amount = |text| Amount::parse(text).unwrap();
        assert_eq!(policy.find_rule("a", amount("1000.00")), Some(&policy.rules[0]));
        assert_eq!(policy.find_rule("a", amount("1000.01")), Some(&policy.rules[1]));
        assert_eq!(Policy::default().find_rule("a", amount("1")), None);
    }

    #[test]
    fn a_rule_of_an_account_is_about_no_other() {
        let own = Rule { accounts: Some(BTreeSet::from(["a".to_owned()])), ..rule(None, &[EITHER, EITHER]) };
        let policy = Policy { rules: vec![own] };
        let total = Amount::parse("5").unwrap();
        assert!(policy.find_rule("a", total).is_some() && policy.find_rule("b", total).is_none());
    }

    #[test]
    fn each_requirement_is_met_by_somebody_else() {
        let both = rule(None, &[EITHER, CFO]);
        assert!(!both.is_met(CFO), "one person is one approval");
        assert!(!both.is_met(&[Role::Controller, Role::Controller]));
        // Whoever fits both is kept for what nobody else fits.
        assert!(both.is_met(&[Role::Cfo, Role::Controller]) && both.is_met(&[Role::Controller, Role::Cfo]));
    }

    #[test]
    fn no_policy_asks_for_less_than_four_eyes() {
        for (rules, error) in [
            (vec![rule(None, &[EITHER])], PolicyError::Approvals(1, 1)),
            (vec![rule(None, &[])], PolicyError::Approvals(1, 0)),
            (vec![rule(None, &[EITHER; 9])], PolicyError::Approvals(1, 9)),
            (vec![rule(None, &[EITHER, &[Role::Operator]])], PolicyError::Nobody(1)),
            (vec![rule(None, &[EITHER, &[]])], PolicyError::Nobody(1)),
            (vec![rule(None, &[EITHER; 2]), rule(None, &[EITHER; 2])], PolicyError::Unreachable(2)),
        ] {
            assert_eq!(Policy { rules }.check(), Err(error));
        }
        assert!(!rule(None, &[EITHER]).is_met(EITHER), "not even one that was never checked");
    }

    #[test]
    fn who_prepares_or_manages_members_approves_nothing() {
        for role in Role::ALL {
            let approves = rule(None, &[&Role::ALL, &Role::ALL]).asks_for(role);
            assert_eq!(approves, matches!(role, Role::Controller | Role::Cfo), "{role:?}");
        }
    }
}
