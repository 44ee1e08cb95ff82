//! The rules of approving and releasing, over every order of what may happen: three people, edits, approvals with used
//! and borrowed signatures, a role that is lost, time that runs out, and a sender that crashes (stateright).

use attest_domain::{
    Amount, Digest,
    payment::{Act, Approval, Batch, Change, Circumstances, Facts, Policy, Requirement, Rule, State, decide},
    roles::Role,
};
use jiff::Timestamp;
use stateright::{Checker as _, Model, Property};
use std::collections::{BTreeMap, BTreeSet};

const ANNA: &str = "anna";
const BO: &str = "bo";
const CLEO: &str = "cleo";
const PEOPLE: [&str; 3] = [ANNA, BO, CLEO];
/// Two versions of the batch: its bytes tell its total.
const TOTALS: [&str; 2] = ["100", "900"];
/// When signatures run out, and when the clock may jump to, in seconds since 1970.
const SIGNATURE_LIFE: i64 = 10;
const LATER: i64 = 20;

/// The world as the rules see it, and what really happened in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    facts: Facts,
    roles: BTreeMap<String, Role>,
    now: i64,
    edits: u8,
    role_changes: u8,
    crashes: u8,
    /// Signatures that people really gave: who, on which digest, when.
    signed: BTreeSet<(String, Digest, i64)>,
    /// What the sender has decided and not sent yet; a crash forgets it.
    sending: Option<Digest>,
    /// What reached the bank.
    delivered: Vec<Digest>,
    at_release: Option<Moment>,
}

/// How the world was when a release was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Moment {
    digest: Digest,
    at: i64,
    roles: BTreeMap<String, Role>,
    preparers: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Prepare(&'static str, usize),
    Present(&'static str),
    /// A person signs one of the versions, and it is handed in by somebody, perhaps not by who gave it.
    Approve {
        by: &'static str,
        of: &'static str,
        total: usize,
    },
    /// A signature that was given is handed in once more, as the order it was or as another.
    Repeat {
        of: &'static str,
        total: usize,
        order: u8,
    },
    Decline(&'static str),
    LoseRole(&'static str),
    Wait,
    /// The sender sees that a batch is approved and writes that it is released.
    Release(usize),
    /// It sends what it has released; after a crash it reads from the log what that was.
    Send,
    Crash,
}

struct Office;

fn digest(total: usize) -> Digest {
    Digest([[1; 32], [2; 32]][total])
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn batch(total: usize) -> Batch {
    Batch { account: "123/SEK".to_owned(), total: amount(TOTALS[total]) }
}

fn policy() -> Policy {
    let asks = |roles: &[Role]| Requirement { roles: roles.iter().copied().collect() };
    let either = || asks(&[Role::Controller, Role::Cfo]);
    let up_to = |most: Option<&str>| most.map(amount);
    let rule = |most, approvals| Rule { accounts: None, up_to: up_to(most), approvals };
    let rules =
        vec![rule(Some("500"), vec![either(), either()]), rule(None, vec![either(), asks(&[Role::Cfo])])];
    Policy { rules }
}

impl World {
    fn act(&mut self, person: Option<&str>, act: &Act) -> Option<Change> {
        let policy = policy();
        let given = Circumstances {
            person,
            seen: self.facts.version,
            roles: &self.roles,
            policy: &policy,
            now: time(self.now),
        };
        let change = decide(act, &self.facts, &given).ok()?;
        self.facts.apply(&change);
        Some(change)
    }

    /// The version of the batch that stands in the log.
    fn current(&self) -> Option<usize> {
        let total = self.facts.batch.as_ref()?.total;
        TOTALS.iter().position(|text| amount(text) == total)
    }

    fn hand_in(&mut self, by: &str, signature: &(String, Digest, i64), order: u8) -> Option<()> {
        let (person, digest, at) = signature;
        let approval = Approval {
            person: person.clone(),
            digest: *digest,
            order: format!("{person}-{}-{at}-{order}", digest.0[0]),
            until: time(at + SIGNATURE_LIFE),
        };
        self.act(Some(by), &Act::Approve(approval)).map(drop)
    }

    /// Takes a step; whether it was one.
    fn take(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Prepare(person, total) => {
                self.edits += 1;
                self.act(Some(person), &Act::Prepare(batch(*total))).map(drop)
            }
            Step::Present(person) => {
                let digest = digest(self.current()?);
                self.act(Some(person), &Act::Present { digest }).map(drop)
            }
            Step::Approve { by, of, total } => {
                let signature = ((*of).to_owned(), digest(*total), self.now);
                self.hand_in(by, &signature, 0)?;
                self.signed.insert(signature);
                Some(())
            }
            Step::Repeat { of, total, order } => {
                let given = self.signed.iter().find(|(who, what, _)| who == of && *what == digest(*total));
                let signature = given?.clone();
                self.hand_in(of, &signature, *order)
            }
            Step::Decline(person) => self.act(Some(person), &Act::Decline).map(drop),
            Step::LoseRole(person) => {
                self.role_changes += 1;
                let before = self.roles.insert((*person).to_owned(), Role::Auditor);
                (before != Some(Role::Auditor)).then_some(())
            }
            Step::Wait => {
                let waits = self.now < LATER;
                self.now = LATER;
                waits.then_some(())
            }
            Step::Release(total) => {
                let digest = digest(*total);
                let (roles, preparers) = (self.roles.clone(), self.facts.prepared_by.clone());
                let moment = Moment { digest, at: self.now, roles, preparers };
                self.act(None, &Act::Release { digest })?;
                assert!(self.at_release.is_none(), "released twice");
                self.at_release = Some(moment);
                self.sending = Some(digest);
                Some(())
            }
            Step::Send => {
                // What was released stands in the log, so a sender that has forgotten reads it again. The bank takes
                // one message id once.
                let released = (self.facts.state == State::Released).then_some(self.facts.digest).flatten();
                let digest = self.sending.take().or(released)?;
                (self.delivered.len() < 2).then(|| {
                    if self.delivered.is_empty() {
                        self.delivered.push(digest);
                    }
                })
            }
            Step::Crash => {
                self.crashes += 1;
                self.sending.take().map(drop)
            }
        }
    }
}

impl Model for Office {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let roles = [(ANNA, Role::Controller), (BO, Role::Controller), (CLEO, Role::Cfo)];
        vec![World {
            facts: Facts::default(),
            roles: roles.map(|(person, role)| (person.to_owned(), role)).into(),
            now: 0,
            edits: 0,
            role_changes: 0,
            crashes: 0,
            signed: BTreeSet::new(),
            sending: None,
            delivered: Vec::new(),
            at_release: None,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.edits < 2 {
            steps
                .extend([ANNA, BO].into_iter().flat_map(|who| [0, 1].map(|total| Step::Prepare(who, total))));
        }
        steps.push(Step::Present(ANNA));
        for of in PEOPLE {
            for total in [0, 1] {
                steps.push(Step::Approve { by: of, of, total });
                steps.extend([0, 1].map(|order| Step::Repeat { of, total, order }));
            }
        }
        steps.push(Step::Approve { by: ANNA, of: BO, total: 0 });
        steps.push(Step::Decline(CLEO));
        if world.role_changes < 1 {
            steps.extend([BO, CLEO].map(Step::LoseRole));
        }
        steps.push(Step::Wait);
        steps.extend([0, 1].map(Step::Release));
        steps.push(Step::Send);
        if world.crashes < 1 {
            steps.push(Step::Crash);
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.take(&step).map(|()| next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        // Prepared, presented and approved, changed, presented, approved twice and released.
        world.facts.version <= 8
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what is released has two people's signatures who count", |_, world: &World| {
                let Some(Moment { digest, at, roles, preparers }) = &world.at_release else { return true };
                let counts = |who: &str| {
                    let signed = |(person, what, when): &(String, Digest, i64)| {
                        person == who && what == digest && when + SIGNATURE_LIFE > *at
                    };
                    let role = roles.get(who);
                    world.signed.iter().any(signed)
                        && !preparers.contains(who)
                        && matches!(role, Some(Role::Controller | Role::Cfo))
                };
                let people: Vec<_> = PEOPLE.into_iter().filter(|who| counts(who)).collect();
                let cfo = people.iter().any(|who| roles[*who] == Role::Cfo);
                // The larger of the two needs the chief financial officer.
                people.len() >= 2 && (*digest == self::digest(0) || cfo)
            }),
            Property::always("what reaches the bank was released, once", |_, world: &World| {
                let released = world.at_release.as_ref().map(|moment| moment.digest);
                world.delivered.len() <= 1 && world.delivered.iter().all(|one| Some(*one) == released)
            }),
            Property::always("who prepared it has approved nothing that counts", |_, world: &World| {
                world.facts.approvals.iter().all(|one| !world.facts.prepared_by.contains(&one.person))
            }),
            Property::always("every approval is of what stands there now", |_, world: &World| {
                world.facts.approvals.iter().all(|one| Some(one.digest) == world.facts.digest)
            }),
            Property::sometimes("the smaller reaches the bank", |_, world: &World| {
                world.delivered == [digest(0)]
            }),
            Property::sometimes("the larger reaches the bank after a crash", |_, world: &World| {
                world.delivered == [digest(1)] && world.crashes == 1
            }),
            Property::sometimes("two have approved and it is not released", |_, world: &World| {
                world.facts.approvals.len() == 2 && world.facts.state == State::Presented
            }),
        ]
    }
}

#[test]
fn nothing_is_released_without_two_distinct_approvals_of_it_and_nothing_twice() {
    let checked = Office.checker().threads(2).spawn_bfs().join();
    println!("{} states, {} of them different", checked.state_count(), checked.unique_state_count());
    checked.assert_properties();
    assert!(checked.unique_state_count() > 10_000, "the model has become too small to say anything");
}
