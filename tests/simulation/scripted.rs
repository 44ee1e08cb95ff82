//! Lies told one by one: what each of them must come to.

use crate::{
    book::{Book, KNOWN, book, tree},
    desks::lines,
    malice::{Asked, Content, Lie, Reply, Seen, Victim, victims},
};
use attest_desk::{
    DeskError,
    view::{DecisionRequest, LineRef, SideView},
};
use attest_domain::event::Event;
use attest_evidence::{bundle, checkpoint::Checkpoint, leaf, note::NoteSigner};
use attest_wire::tenant::{Disclosed, Disclosures};
use uuid::Uuid;

/// What a lie must come to.
#[derive(Clone, Copy, Debug)]
enum Comes {
    /// To an error of this code, and nothing else.
    To(&'static str),
    /// To nothing at all: what is shown stays, and it is no error.
    Nothing,
    /// To what an honest server would have led to: the lie is passed over.
    Through,
    /// To a read-only workspace that keeps both checkpoints.
    Freeze,
}
use Comes::{Freeze, Nothing, Through, To};

struct Case {
    name: &'static str,
    /// Whether the victim has decisions to send.
    waiting: bool,
    comes: Comes,
    lie: Lie,
}

fn case(name: &'static str, comes: Comes, lie: impl FnMut(&Asked, Reply) -> Reply + Send + 'static) -> Case {
    Case { name, waiting: false, comes, lie: Box::new(lie) }
}

/// A lie about one kind of answer.
fn about(
    kind: &'static str,
    name: &'static str,
    comes: Comes,
    mut lie: impl FnMut(Reply) -> Reply + Send + 'static,
) -> Case {
    case(name, comes, move |asked, reply| if asked.is(kind) { lie(reply) } else { reply })
}

/// Other bytes in one kind of answer.
fn bytes(
    kind: &'static str,
    name: &'static str,
    comes: Comes,
    mut lie: impl FnMut(Vec<u8>) -> Vec<u8> + Send + 'static,
) -> Case {
    about(kind, name, comes, move |reply| {
        let honest = reply.bytes();
        reply.with(lie(honest))
    })
}

/// Another log, signed with the log's own key and told consistently.
fn signed(name: &'static str, comes: Comes, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Case {
    let mut leaves = book().leaves.clone();
    change(&mut leaves);
    case(name, comes, move |asked, _| book().answer_of(&leaves, &asked.method, &asked.path, &asked.body))
}

/// The same event with something changed, in canonical bytes.
fn changed(leaf: &[u8], change: impl FnOnce(&mut Event)) -> Vec<u8> {
    let mut event = leaf::decode(leaf).unwrap();
    change(&mut event);
    leaf::encode(&event).unwrap()
}

const CHECKPOINT: &str = "/log/checkpoint";
const BUNDLE: &str = "/log/tile/";
const DISCLOSURES: &str = "/log/disclosures";
const DOCUMENT: &str = "/documents/";
const COMMANDS: &str = "/commands";
const UNTRUSTED: Comes = To("sync.untrusted");
const GARBLED: Comes = To("remote.garbled");
const TOO_LARGE: Comes = To("remote.too_large");

/// Logs that contradict what was verified, or hold what no log holds.
fn other_logs() -> Vec<Case> {
    let actor = |event: &mut Event| event.actor.id = "somebody".to_owned();
    vec![
        signed("a fork at the same size", Freeze, move |leaves| {
            leaves.truncate(KNOWN);
            leaves[KNOWN - 1] = changed(&leaves[KNOWN - 1], actor);
        }),
        signed("a fork that has grown", Freeze, move |leaves| {
            leaves[KNOWN - 1] = changed(&leaves[KNOWN - 1], actor);
        }),
        signed("an old event rewritten", Freeze, move |leaves| leaves[1] = changed(&leaves[1], actor)),
        signed("the first event rewritten", Freeze, move |leaves| leaves[0] = changed(&leaves[0], actor)),
        signed("an old event left out", Freeze, |leaves| drop(leaves.remove(2))),
        signed("an event put in between", Freeze, |leaves| leaves.insert(2, leaves[3].clone())),
        signed("a shorter log of other events", Freeze, move |leaves| {
            leaves.truncate(3);
            leaves[2] = changed(&leaves[2], actor);
        }),
        signed("the log of an hour ago", To("sync.behind"), |leaves| leaves.truncate(3)),
        signed("an empty log", To("sync.behind"), Vec::clear),
        signed("the checkpoint that is known", Nothing, |leaves| leaves.truncate(KNOWN)),
        signed("an event of another company", GARBLED, |leaves| {
            leaves[KNOWN] = changed(&leaves[KNOWN], |event| event.tenant = Uuid::from_u128(7));
        }),
        signed("an event at another position", GARBLED, |leaves| {
            leaves[KNOWN] = changed(&leaves[KNOWN], |event| event.seq += 1);
        }),
        signed("an event told twice", GARBLED, |leaves| leaves[KNOWN + 1] = leaves[KNOWN].clone()),
        signed("two events in each other's place", GARBLED, |leaves| leaves.swap(KNOWN, KNOWN + 1)),
        signed("an event that is not canonical", GARBLED, |leaves| leaves[KNOWN].insert(1, b' ')),
        signed("an event that is no JSON", GARBLED, |leaves| leaves[KNOWN] = b"{".to_vec()),
        signed("an event that is no event", GARBLED, |leaves| leaves[KNOWN] = b"{}".to_vec()),
        signed("an event without bytes", GARBLED, |leaves| leaves[KNOWN].clear()),
        signed("an event under the id of another", GARBLED, |leaves| {
            let id = leaf::decode(&leaves[1]).unwrap().id;
            leaves[KNOWN] = changed(&leaves[KNOWN], |event| event.id = id);
        }),
    ]
}

/// Notes that the known key did not sign, or that are none.
fn notes() -> Vec<Case> {
    let resigned = |name: &'static str, comes, origin: String, seed: u8| {
        bytes(CHECKPOINT, name, comes, move |_| {
            let (size, root) = tree(&book().leaves);
            let signer = NoteSigner::from_seed(&origin, &[seed; 32]).unwrap();
            let checkpoint = Checkpoint { origin: origin.clone(), size, root };
            checkpoint.sign(&signer).unwrap().to_string().into_bytes()
        })
    };
    let texts = |name: &'static str, comes, text: fn(&str, &str, &str) -> String| {
        bytes(CHECKPOINT, name, comes, move |honest| {
            let honest = String::from_utf8(honest).unwrap();
            let lines: Vec<&str> = honest.lines().collect();
            book().signer().sign(&text(lines[0], lines[1], lines[2])).unwrap().to_string().into_bytes()
        })
    };
    let line = "\u{2014} witness.example AAAAAAE=\n";
    let own: fn(Vec<u8>) -> String = |bytes| String::from_utf8(bytes).unwrap();
    vec![
        resigned("another log's name", UNTRUSTED, "log.example/t/other".to_owned(), 7),
        resigned("another key under the log's name", UNTRUSTED, book().origin(), 8),
        texts("another origin under the log's key", UNTRUSTED, |_, size, root| {
            format!("other\n{size}\n{root}\n")
        }),
        texts("a size with a leading zero", UNTRUSTED, |name, size, root| {
            format!("{name}\n0{size}\n{root}\n")
        }),
        texts("a size beyond all numbers", UNTRUSTED, |name, _, root| {
            format!("{name}\n99999999999999999999\n{root}\n")
        }),
        texts("a root that is none", UNTRUSTED, |name, size, _| format!("{name}\n{size}\nroot\n")),
        texts("a text that is no checkpoint", UNTRUSTED, |name, _, _| format!("{name}\n")),
        texts("further lines that mean nothing", Through, |name, size, root| {
            format!("{name}\n{size}\n{root}\nmore\n")
        }),
        bytes(CHECKPOINT, "no signature", UNTRUSTED, move |bytes| {
            own(bytes).split("\n\n").next().unwrap().as_bytes().to_vec()
        }),
        bytes(CHECKPOINT, "an unknown signature alone", UNTRUSTED, move |bytes| {
            format!("{}\n\n{line}", own(bytes).split("\n\n").next().unwrap()).into_bytes()
        }),
        bytes(CHECKPOINT, "unknown signatures beside the known", Through, move |bytes| {
            format!("{}{line}{line}", own(bytes)).into_bytes()
        }),
        bytes(CHECKPOINT, "too many signatures", UNTRUSTED, move |bytes| {
            format!("{}{}", own(bytes), line.repeat(32)).into_bytes()
        }),
        bytes(CHECKPOINT, "a signature over another text", UNTRUSTED, |_| {
            let mut lines = book().note(&book().leaves[..3]);
            lines.extend(b"x");
            lines
        }),
        bytes(CHECKPOINT, "a larger size under the old signature", UNTRUSTED, move |bytes| {
            own(bytes).replace(&format!("\n{}\n", book().leaves.len()), "\n999\n").into_bytes()
        }),
        bytes(CHECKPOINT, "lines that end as on Windows", UNTRUSTED, move |bytes| {
            own(bytes).replace('\n', "\r\n").into_bytes()
        }),
        bytes(CHECKPOINT, "a note that is too large", TOO_LARGE, |_| vec![b'x'; 70_000]),
        bytes(CHECKPOINT, "a page instead of a note", UNTRUSTED, |_| b"<html>Welcome</html>".to_vec()),
        bytes(CHECKPOINT, "nothing", UNTRUSTED, |_| Vec::new()),
    ]
}

/// Bundles that are not those of the checkpoint.
fn bundles() -> Vec<Case> {
    let all = || book().leaves.iter().map(Vec::as_slice);
    let honest = move || bundle::encode(all()).unwrap();
    vec![
        bytes(BUNDLE, "a bundle of too few events", GARBLED, move |_| {
            bundle::encode(all().take(KNOWN + 1)).unwrap()
        }),
        bytes(BUNDLE, "a bundle of too many events", GARBLED, move |_| {
            bundle::encode(all().chain([&b"{}"[..]])).unwrap()
        }),
        bytes(BUNDLE, "a bundle of other events", GARBLED, move |_| bundle::encode(all().rev()).unwrap()),
        bytes(BUNDLE, "a bundle cut short", GARBLED, move |_| honest()[..300].to_vec()),
        bytes(BUNDLE, "a bundle with a byte behind it", GARBLED, move |mut bytes| {
            bytes.push(0);
            bytes
        }),
        bytes(BUNDLE, "a bundle with a bit that is wrong", GARBLED, move |mut bytes| {
            let at = bytes.len() - 9;
            bytes[at] ^= 1;
            bytes
        }),
        bytes(BUNDLE, "a bundle whose old events, which are known, are wrong", Through, move |mut bytes| {
            bytes[40] ^= 1;
            bytes
        }),
        bytes(BUNDLE, "an empty bundle", GARBLED, |_| Vec::new()),
        bytes(BUNDLE, "a bundle that is too large", TOO_LARGE, |_| vec![0; 17 * 1024 * 1024]),
        about(BUNDLE, "a bundle that unpacks to too much", TOO_LARGE, |reply| {
            let bomb = zstd::encode_all(&vec![0; 17 * 1024 * 1024][..], 1).unwrap();
            reply.with(bomb).header("content-encoding", "zstd")
        }),
        about(BUNDLE, "a packed bundle", Through, |reply| {
            let packed = zstd::encode_all(&reply.bytes()[..], 1).unwrap();
            reply.with(packed).header("content-encoding", "zstd")
        }),
        about(BUNDLE, "a bundle that is not packed as it says", GARBLED, |reply| {
            reply.header("content-encoding", "zstd")
        }),
        about(BUNDLE, "a bundle packed in another way", GARBLED, |reply| {
            reply.header("content-encoding", "br")
        }),
        about(BUNDLE, "no bundle", To("remote.refused"), |_| Reply::status(404)),
        case("a checkpoint of events that nobody is shown", GARBLED, |asked, reply| {
            let mut leaves = book().leaves.clone();
            leaves[KNOWN] = changed(&leaves[KNOWN], |event| event.actor.id = "x".to_owned());
            if asked.is(CHECKPOINT) { Reply::ok(book().note(&leaves)) } else { reply }
        }),
    ]
}

/// Disclosures and documents that do not belong.
fn belongings() -> Vec<Case> {
    let list = |change: fn(&mut Disclosures)| {
        move |bytes: Vec<u8>| {
            let mut list: Disclosures = serde_json::from_slice(&bytes).unwrap();
            change(&mut list);
            serde_json::to_vec(&list).unwrap()
        }
    };
    vec![
        bytes(
            DISCLOSURES,
            "disclosures of other events",
            Through,
            list(|list| {
                let moved: Vec<Disclosed> = list
                    .disclosures
                    .iter()
                    .map(|one| Disclosed { seq: one.seq + 1, ..one.clone() })
                    .collect();
                list.disclosures.extend(moved);
            }),
        ),
        bytes(
            DISCLOSURES,
            "disclosures that somebody made up",
            Through,
            list(|list| {
                for seq in 0..20 {
                    list.disclosures
                        .push(Disclosed { seq, text: "WyJzYWx0IiwidGV4dCIsIlBhaWQiXQ".to_owned() });
                    list.disclosures.push(Disclosed { seq, text: "\u{0}not base64".to_owned() });
                }
            }),
        ),
        bytes(
            DISCLOSURES,
            "disclosures told twice",
            Through,
            list(|list| {
                list.disclosures.extend(list.disclosures.clone());
            }),
        ),
        bytes(DISCLOSURES, "a list that goes nowhere", GARBLED, list(|list| list.next = 0)),
        bytes(DISCLOSURES, "a list that goes too far", GARBLED, list(|list| list.next = u64::MAX)),
        bytes(DISCLOSURES, "a list that is no JSON", GARBLED, |_| b"{\"disclosures\":[".to_vec()),
        bytes(DISCLOSURES, "a list as deep as a well", GARBLED, |_| b"[".repeat(100_000)),
        bytes(DISCLOSURES, "a list that is too large", TOO_LARGE, |_| vec![b' '; 33 * 1024 * 1024]),
        bytes(DISCLOSURES, "a page instead of a list", GARBLED, |_| b"<html>".to_vec()),
        bytes(DOCUMENT, "a document with a byte that is wrong", To("remote.digest"), |mut bytes| {
            bytes[100] ^= 1;
            bytes
        }),
        bytes(DOCUMENT, "a document cut short", To("remote.digest"), |bytes| bytes[..100].to_vec()),
        bytes(DOCUMENT, "an empty document", To("remote.digest"), |_| Vec::new()),
        bytes(DOCUMENT, "a page instead of a document", To("remote.digest"), |_| b"<html>".to_vec()),
        about(DOCUMENT, "a document that cannot be had now", To("remote.refused"), |_| Reply::status(503)),
    ]
}

/// Answers of every kind that are none.
fn answers() -> Vec<Case> {
    let status = |name, status, code| about(CHECKPOINT, name, To(code), move |_| Reply::status(status));
    let dripping = |kind, name| {
        about(kind, name, To("remote.timeout"), |reply| {
            let bytes = reply.bytes().repeat(100);
            Reply { content: Content::Dripping(bytes), ..reply }
        })
    };
    let endless = |kind, name| {
        about(kind, name, TOO_LARGE, |reply| Reply { content: Content::Endless(vec![b' '; 8_192]), ..reply })
    };
    vec![
        status("a redirect", 302, "remote.refused"),
        about(CHECKPOINT, "a redirect to another place", To("remote.refused"), |_| {
            Reply::status(307).header("location", "https://elsewhere.example/")
        }),
        status("credentials that do not hold", 401, "remote.signed_out"),
        status("a company that is not there", 404, "remote.refused"),
        status("a refusal", 403, "remote.refused"),
        status("a service that is broken", 500, "remote.refused"),
        status("a service that is busy", 429, "remote.refused"),
        status("an answer without an answer", 204, "sync.untrusted"),
        about(CHECKPOINT, "a reason without an end", To("remote.refused"), |_| Reply {
            content: Content::Endless(vec![b'x'; 8_192]),
            ..Reply::status(500)
        }),
        dripping(CHECKPOINT, "a checkpoint that drips"),
        dripping(BUNDLE, "a bundle that drips"),
        dripping(DISCLOSURES, "a list that drips"),
        endless(CHECKPOINT, "a checkpoint without an end"),
        endless(BUNDLE, "a bundle without an end"),
        endless(DISCLOSURES, "a list without an end"),
    ]
}

/// Answers to what the victim has decided.
fn verdicts() -> Vec<Case> {
    let rewrite = |name, comes, change: fn(&mut Vec<serde_json::Value>)| {
        let lie = bytes(COMMANDS, name, comes, move |bytes| {
            let mut answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            change(answer["answers"].as_array_mut().unwrap());
            serde_json::to_vec(&answer).unwrap()
        });
        Case { waiting: true, ..lie }
    };
    vec![
        rewrite("answers in another order", GARBLED, |answers| answers.reverse()),
        rewrite("too few answers", GARBLED, |answers| drop(answers.pop())),
        rewrite("too many answers", GARBLED, |answers| answers.push(answers[0].clone())),
        rewrite("no answers", GARBLED, Vec::clear),
        rewrite("an answer to something else", GARBLED, |answers| {
            answers[0]["key"] = Uuid::from_u128(1).to_string().into();
        }),
        rewrite("an answer of another kind", GARBLED, |answers| answers[0]["outcome"] = "maybe".into()),
        rewrite("a decision said to stand beyond all numbers", GARBLED, |answers| {
            answers[0] =
                serde_json::json!({ "key": answers[0]["key"], "outcome": "accepted", "seq": u64::MAX });
        }),
        rewrite("a decision said to stand where another one does", GARBLED, |answers| {
            answers[0] = serde_json::json!({ "key": answers[0]["key"], "outcome": "accepted", "seq": 1 });
        }),
        rewrite("a decision said to be another one already", GARBLED, |answers| {
            answers[0] = serde_json::json!({ "key": answers[0]["key"], "outcome": "already", "seq": 1 });
        }),
    ]
}

async fn comment_twice(victim: &Victim) {
    let lines = lines(&victim.desk).await;
    let id = lines.iter().find_map(|line| line.bank.as_ref()).unwrap().id.clone();
    for text in ["One", "Two"] {
        let line = LineRef { side: SideView::Bank, id: id.clone() };
        victim.desk.decide(DecisionRequest::Comment { line, text: text.to_owned() }).await.unwrap();
    }
}

/// What the victim sees when nobody lies.
async fn honest() -> Seen {
    let victim = Victim::new().await;
    victim.desk.sync().await.unwrap();
    let seen = victim.seen().await;
    victim.end().await;
    seen
}

async fn tell(case: Case, honest: &Seen) {
    let name = case.name;
    let victim = Victim::new().await;
    if case.waiting {
        // The log itself is known: what is lied about is what becomes of the decisions.
        victim.desk.sync().await.unwrap();
        comment_twice(&victim).await;
    }
    let before = victim.seen().await;
    victim.lie(Some(case.lie));
    let outcome = victim.desk.sync().await.map(|_| ());
    let after = victim.seen().await;
    match case.comes {
        To(code) => {
            assert_eq!(outcome.as_ref().map_err(DeskError::code), Err(code), "{name}: {outcome:?}");
            assert_eq!(after, before, "{name}");
            assert!(victim.desk.status().await.unwrap().freeze.is_none(), "{name} froze the workspace");
        }
        Nothing => {
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            assert_eq!(after, before, "{name}");
        }
        Through => {
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            assert_eq!(&after, honest, "{name}");
        }
        Freeze => {
            assert_eq!(outcome.as_ref().map_err(DeskError::code), Err("log.frozen"), "{name}: {outcome:?}");
            assert_eq!(after, before, "{name}");
            stays_frozen(&victim, name, &before).await;
        }
    }
    if case.waiting {
        let waiting = victim.desk.sync_state().await.unwrap().waiting;
        assert_eq!(waiting, 2, "{name}: the decisions are still to be sent");
    }
    victim.lie(None);
    if !matches!(case.comes, Freeze) {
        victim.desk.sync().await.unwrap_or_else(|error| panic!("{name}, and honest again: {error:?}"));
        assert_eq!(&victim.seen().await, honest, "{name}, and honest again");
    }
    victim.end().await;
}

/// Both checkpoints are kept and nothing can be changed, also after it was closed and with an honest server.
async fn stays_frozen(victim: &Victim, name: &str, before: &Seen) {
    victim.lie(None);
    for _ in 0..2 {
        let freeze =
            victim.desk.status().await.unwrap().freeze.unwrap_or_else(|| panic!("{name} is not frozen"));
        assert!(freeze.found.is_some() && freeze.kept.is_some(), "{name}: {freeze:?}");
        assert_ne!(freeze.found, freeze.kept, "{name}");
        assert_eq!(&victim.seen().await, before, "{name}");
        for outcome in [
            victim.desk.sync().await.map(|_| ()),
            victim.desk.resume_log().await,
            victim.desk.decide(DecisionRequest::Undo).await.map(|_| ()),
        ] {
            assert_eq!(outcome.unwrap_err().code(), "log.frozen", "{name}");
        }
        victim.desk.lock("asked").await.unwrap();
        victim.desk.unlock_with_key(&victims().1).await.unwrap();
    }
}

fn tell_all(cases: Vec<Case>) {
    let _: &Book = book();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let honest = honest().await;
        for case in cases {
            tell(case, &honest).await;
        }
    });
}

#[test]
fn another_log_under_the_right_key_freezes_or_is_refused() {
    tell_all(other_logs());
}

#[test]
fn a_checkpoint_that_the_log_did_not_sign_is_not_trusted() {
    tell_all(notes());
}

#[test]
fn bundles_that_are_not_those_of_the_checkpoint_change_nothing() {
    tell_all(bundles());
}

#[test]
fn what_does_not_belong_to_an_event_is_passed_over_or_refused() {
    tell_all(belongings());
}

#[test]
fn an_answer_that_is_none_changes_nothing() {
    tell_all(answers());
}

#[test]
fn a_decision_is_not_lost_to_a_false_answer() {
    tell_all(verdicts());
}
