//! What may happen to a batch: act + facts → change or a refusal. Runs the same on every side, and is pure.
//!
//! Invariants, checked over every order of acts by `tests/approvals.rs`: nothing is released without as many approvals
//! as its rule asks for, two at least, of distinct people who did not prepare it, each on the digest of what is sent and
//! none of them run out; nothing is released twice; an order of an eID counts once.

use super::policy::Policy;
use crate::{amount::Amount, ids::Digest, roles::Role};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What does not change between two presentations: what an approver needs to know of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Key of the account that is debited.
    pub account: String,
    /// The sum of its payments; positive.
    pub total: Amount,
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// It is prepared, and nobody can sign it.
    #[default]
    Draft,
    /// Its bytes stand still, and approvals are collected.
    Presented,
    /// It is on its way to the bank. Nothing here changes it any more.
    Released,
    /// Nobody will pay it.
    Cancelled,
}

/// A person's approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Approval {
    /// The person, by what the eID says: two accounts of one person are one person.
    pub person: String,
    /// Digest of what was signed.
    pub digest: Digest,
    /// Order of the eID; it is used once.
    pub order: String,
    /// When it runs out.
    pub until: Timestamp,
}

/// What is known of a batch, from its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Its version: the number of its events.
    pub version: u64,
    /// Where it stands.
    pub state: State,
    /// What it is, where it exists.
    pub batch: Option<Batch>,
    /// Digest of its presented bytes.
    pub digest: Option<Digest>,
    /// Everybody who created or edited it.
    pub prepared_by: BTreeSet<String>,
    /// Approvals of what is presented now.
    pub approvals: Vec<Approval>,
    /// Orders that were ever used for it, those of voided approvals too.
    pub orders: BTreeSet<String>,
}

/// What somebody wants to do with a batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Make it, or make it another. Voids what was signed.
    Prepare(Batch),
    /// Let its bytes stand still, to be signed.
    Present {
        /// Their digest.
        digest: Digest,
    },
    /// Approve it, by a signature that was verified.
    Approve(Approval),
    /// Send it back to be prepared again.
    Decline,
    /// Give it up.
    Cancel,
    /// Send it to the bank.
    Release {
        /// Digest of the bytes that the file was made of.
        digest: Digest,
    },
}

/// What comes of an act.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Prepared by this person.
    Prepared(Batch, String),
    /// Presented.
    Presented(Digest),
    /// Approved.
    Approved(Approval),
    /// Sent back.
    Declined,
    /// Given up.
    Cancelled,
    /// Sent.
    Released,
}

/// Why an act is refused; the person is told and nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody changed it meanwhile.
    #[error("The batch has changed meanwhile. Look at it again before you go on.")]
    Changed,
    /// There is no such batch.
    #[error("This batch does not exist.")]
    Unknown,
    /// It has left.
    #[error("The batch is on its way to the bank and cannot be changed any more.")]
    Released,
    /// It was given up.
    #[error("The batch was given up. Make a new one.")]
    Cancelled,
    /// A batch pays something.
    #[error("A batch pays more than nothing.")]
    Empty,
    /// Only what stands still can be signed and sent.
    #[error("The batch is still being prepared. Submit it for approval first.")]
    NotPresented,
    /// It stands still.
    #[error("The batch is being approved already.")]
    Presented,
    /// Something else was signed.
    #[error("What was signed is not this batch as it is now. Look at it again and sign that.")]
    OtherBatch,
    /// Four eyes.
    #[error("You prepared this batch, so somebody else has to approve it.")]
    OwnBatch,
    /// One approval each.
    #[error("You have approved this batch already. Another person has to.")]
    Again,
    /// The signature was used before.
    #[error("This signature was used before. Sign again.")]
    Used,
    /// It came too late.
    #[error("The signature has run out. Sign again.")]
    TooLate,
    /// No rule of the company's.
    #[error("No rule says who may approve this batch. Ask for one to be made.")]
    NoRule,
    /// The rule asks for others.
    #[error("Your role is none that this batch needs an approval of.")]
    Role,
    /// Approvals are missing, or do not count any more.
    #[error("The batch does not have the approvals it needs.")]
    NotApproved,
    /// Only a person does this.
    #[error("Only a person who is signed in with an eID may do this.")]
    NoPerson,
}

/// Who acts, and what the company says of people now.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'c> {
    /// The person, by what the eID says; `None` is the service itself.
    pub person: Option<&'c str>,
    /// The version that the person has seen.
    pub seen: u64,
    /// Roles of people, as they are now.
    pub roles: &'c BTreeMap<String, Role>,
    /// The company's rules, as they are now.
    pub policy: &'c Policy,
    /// The time.
    pub now: Timestamp,
}

/// Applies the rules.
///
/// # Errors
/// A [`Refusal`] in words for the person; nothing is written then.
pub fn decide(act: &Act, facts: &Facts, given: &Circumstances<'_>) -> Result<Change, Refusal> {
    match facts.state {
        State::Released => return Err(Refusal::Released),
        State::Cancelled => return Err(Refusal::Cancelled),
        State::Draft | State::Presented => {}
    }
    if given.seen != facts.version {
        return Err(Refusal::Changed);
    }
    match act {
        Act::Prepare(batch) => {
            let person = given.person.ok_or(Refusal::NoPerson)?;
            if batch.total.is_zero() || batch.total.is_negative() {
                return Err(Refusal::Empty);
            }
            Ok(Change::Prepared(batch.clone(), person.to_owned()))
        }
        Act::Present { digest } => {
            facts.batch.as_ref().ok_or(Refusal::Unknown)?;
            given.person.ok_or(Refusal::NoPerson)?;
            if facts.state == State::Presented {
                Err(Refusal::Presented)
            } else {
                Ok(Change::Presented(*digest))
            }
        }
        Act::Approve(approval) => decide_approval(approval, facts, given),
        Act::Decline => {
            given.person.ok_or(Refusal::NoPerson)?;
            if facts.state == State::Presented { Ok(Change::Declined) } else { Err(Refusal::NotPresented) }
        }
        Act::Cancel => {
            facts.batch.as_ref().ok_or(Refusal::Unknown)?;
            given.person.ok_or(Refusal::NoPerson).map(|_| Change::Cancelled)
        }
        Act::Release { digest } => decide_release(*digest, facts, given),
    }
}

fn decide_approval(approval: &Approval, facts: &Facts, given: &Circumstances<'_>) -> Result<Change, Refusal> {
    let (batch, digest) = presented(facts)?;
    if approval.digest != digest {
        return Err(Refusal::OtherBatch);
    }
    // The person is who signed, not whose session it is.
    if given.person != Some(approval.person.as_str()) {
        return Err(Refusal::NoPerson);
    }
    if facts.prepared_by.contains(&approval.person) {
        return Err(Refusal::OwnBatch);
    }
    if facts.approvals.iter().any(|one| one.person == approval.person && one.until > given.now) {
        return Err(Refusal::Again);
    }
    if facts.orders.contains(&approval.order) {
        return Err(Refusal::Used);
    }
    if approval.until <= given.now {
        return Err(Refusal::TooLate);
    }
    let rule = given.policy.find_rule(&batch.account, batch.total).ok_or(Refusal::NoRule)?;
    let role = given.roles.get(&approval.person).filter(|role| rule.asks_for(**role));
    role.ok_or(Refusal::Role)?;
    Ok(Change::Approved(approval.clone()))
}

fn decide_release(digest: Digest, facts: &Facts, given: &Circumstances<'_>) -> Result<Change, Refusal> {
    if digest != presented(facts)?.1 {
        return Err(Refusal::OtherBatch);
    }
    if is_approved(facts, given)? { Ok(Change::Released) } else { Err(Refusal::NotApproved) }
}

fn presented(facts: &Facts) -> Result<(&Batch, Digest), Refusal> {
    let batch = facts.batch.as_ref().ok_or(Refusal::Unknown)?;
    match (facts.state, facts.digest) {
        (State::Presented, Some(digest)) => Ok((batch, digest)),
        _ => Err(Refusal::NotPresented),
    }
}

/// Whether what is presented has the approvals it needs, judged by who people are and what the rules are now: an
/// approval of somebody who has lost the role since does not count.
///
/// # Errors
/// [`Refusal::NotPresented`], [`Refusal::NoRule`].
pub fn is_approved(facts: &Facts, given: &Circumstances<'_>) -> Result<bool, Refusal> {
    let (batch, digest) = presented(facts)?;
    let rule = given.policy.find_rule(&batch.account, batch.total).ok_or(Refusal::NoRule)?;
    let counts = |one: &&Approval| {
        one.digest == digest && one.until > given.now && !facts.prepared_by.contains(&one.person)
    };
    let people: BTreeSet<&str> =
        facts.approvals.iter().filter(counts).map(|one| one.person.as_str()).collect();
    let roles: Vec<Role> = people.iter().filter_map(|person| given.roles.get(*person).copied()).collect();
    Ok(rule.is_met(&roles))
}

impl Facts {
    /// Takes in a change.
    pub fn apply(&mut self, change: &Change) {
        self.version += 1;
        match change {
            Change::Prepared(batch, person) => {
                self.batch = Some(batch.clone());
                self.prepared_by.insert(person.clone());
                self.thaw();
            }
            Change::Presented(digest) => {
                self.state = State::Presented;
                self.digest = Some(*digest);
            }
            Change::Approved(approval) => {
                self.orders.insert(approval.order.clone());
                self.approvals.push(approval.clone());
            }
            Change::Declined => self.thaw(),
            Change::Cancelled => self.state = State::Cancelled,
            Change::Released => self.state = State::Released,
        }
    }

    /// Back to being prepared; what was signed does not count any more.
    fn thaw(&mut self) {
        self.state = State::Draft;
        self.digest = None;
        self.approvals.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Requirement, Rule};

    const ANNA: &str = "anna";

    fn refused(act: &Act, facts: &Facts, person: Option<&str>) -> Option<Refusal> {
        let either = || Requirement { roles: BTreeSet::from([Role::Controller, Role::Cfo]) };
        let rule = Rule { accounts: None, up_to: None, approvals: vec![either(), either()] };
        let policy = Policy { rules: vec![rule] };
        let roles = [ANNA, "bo", "cleo"].map(|name| (name.to_owned(), Role::Controller)).into();
        let now = Timestamp::UNIX_EPOCH;
        let given = Circumstances { person, seen: facts.version, roles: &roles, policy: &policy, now };
        decide(act, facts, &given).err()
    }

    fn batch(total: &str) -> Batch {
        Batch { account: "123/SEK".to_owned(), total: Amount::parse(total).unwrap() }
    }

    fn presented() -> Facts {
        let mut facts = Facts::default();
        facts.apply(&Change::Prepared(batch("12.00"), ANNA.to_owned()));
        facts.apply(&Change::Presented(Digest([7; 32])));
        facts
    }

    fn approval(person: &str, order: &str) -> Approval {
        let until = Timestamp::from_second(60).unwrap();
        Approval { person: person.to_owned(), digest: Digest([7; 32]), order: order.to_owned(), until }
    }

    #[test]
    fn each_refusal_says_its_reason() {
        let (nothing, presented) = (Facts::default(), presented());
        let approve = |approval: Approval| Act::Approve(approval);
        let other = Approval { digest: Digest([8; 32]), ..approval("bo", "1") };
        let late = Approval { until: Timestamp::UNIX_EPOCH, ..approval("bo", "1") };
        for (act, facts, person, reason) in [
            (Act::Prepare(batch("0.00")), &nothing, Some(ANNA), Refusal::Empty),
            (Act::Prepare(batch("-1")), &nothing, Some(ANNA), Refusal::Empty),
            (Act::Prepare(batch("1")), &nothing, None, Refusal::NoPerson),
            (Act::Present { digest: Digest([7; 32]) }, &nothing, Some(ANNA), Refusal::Unknown),
            (Act::Present { digest: Digest([7; 32]) }, &presented, Some(ANNA), Refusal::Presented),
            (approve(approval("bo", "1")), &nothing, Some("bo"), Refusal::Unknown),
            (approve(approval(ANNA, "1")), &presented, Some(ANNA), Refusal::OwnBatch),
            (approve(approval("bo", "1")), &presented, Some("cleo"), Refusal::NoPerson),
            (approve(approval("dan", "1")), &presented, Some("dan"), Refusal::Role),
            (approve(other), &presented, Some("bo"), Refusal::OtherBatch),
            (approve(late), &presented, Some("bo"), Refusal::TooLate),
            (Act::Release { digest: Digest([7; 32]) }, &presented, None, Refusal::NotApproved),
            (Act::Release { digest: Digest([8; 32]) }, &presented, None, Refusal::OtherBatch),
            (Act::Decline, &nothing, Some("bo"), Refusal::NotPresented),
        ] {
            assert_eq!(refused(&act, facts, person), Some(reason), "{act:?}");
        }
    }

    #[test]
    fn a_person_approves_once_and_an_order_counts_once() {
        let mut facts = presented();
        facts.apply(&Change::Approved(approval("bo", "1")));
        let again = Act::Approve(approval("bo", "2"));
        assert_eq!(refused(&again, &facts, Some("bo")), Some(Refusal::Again));
        let borrowed = Act::Approve(approval("cleo", "1"));
        assert_eq!(refused(&borrowed, &facts, Some("cleo")), Some(Refusal::Used));
        assert_eq!(refused(&Act::Approve(approval("cleo", "2")), &facts, Some("cleo")), None);
    }

    #[test]
    fn an_edit_voids_what_was_signed_and_its_orders_stay_used() {
        let mut facts = presented();
        facts.apply(&Change::Approved(approval("bo", "1")));
        facts.apply(&Change::Prepared(batch("13.00"), "cleo".to_owned()));
        assert_eq!((facts.state, facts.digest, facts.approvals.len()), (State::Draft, None, 0));
        facts.apply(&Change::Presented(Digest([7; 32])));
        assert_eq!(refused(&Act::Approve(approval("bo", "1")), &facts, Some("bo")), Some(Refusal::Used));
        let editor = Act::Approve(approval("cleo", "2"));
        assert_eq!(refused(&editor, &facts, Some("cleo")), Some(Refusal::OwnBatch), "who edits prepares too");
    }

    #[test]
    fn whoever_has_seen_an_older_version_decides_nothing() {
        let facts = presented();
        let (roles, policy) = (BTreeMap::new(), Policy::default());
        let given = Circumstances {
            person: Some(ANNA),
            seen: facts.version - 1,
            roles: &roles,
            policy: &policy,
            now: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(decide(&Act::Cancel, &facts, &given), Err(Refusal::Changed));
    }
}
