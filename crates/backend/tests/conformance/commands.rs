//! Commands are decided by the rules on the facts as they are, once for each key.

use crate::{
    books::{Books, KEPT, comment, matching},
    site::{Client, Site, submission},
};
use attest_domain::{Date, EntryId, command::LineId};
use attest_evidence::{disclosure::reveal, leaf};
use attest_wire::{Answer, Command, Outcome, Submission, command::HeldLine};
use uuid::Uuid;

on_both_databases!(
    lines_are_matched_once_and_the_second_learns_who_was_first,
    a_dissolved_match_comes_back_as_itself_and_as_nothing_else,
    a_difference_needs_a_reason,
    a_held_line_is_released_or_matched_and_no_other,
    a_line_is_written_off_with_a_reason,
    a_comment_is_kept_beside_the_log_and_withdrawn_by_its_own_id,
    a_key_is_answered_as_the_first_time_and_never_for_another_command,
    a_refused_command_may_be_sent_again,
    commands_of_one_batch_see_each_other,
    the_id_of_a_new_object_is_used_once,
    an_account_gets_its_ledger_account_and_an_export_leaves_a_trace,
);

const LATER: Date = Date::constant(2099, 12, 31);

fn unmatch(match_id: Uuid) -> Command {
    Command::Unmatch { match_id: match_id.to_string(), note: None, holds: Vec::new(), hold_note: None }
}

fn making(object: Uuid, command: Command) -> Submission {
    Submission { object: Some(object), ..submission(command) }
}

async fn one(client: &Client, submission: Submission) -> Outcome {
    let key = submission.key;
    let Answer { key: answered, outcome } = client.send(vec![submission]).await.remove(0);
    assert_eq!(answered, key);
    outcome
}

#[track_caller]
fn accepted(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Accepted { seq } => *seq,
        outcome => panic!("{outcome:?}"),
    }
}

#[track_caller]
fn code(outcome: &Outcome) -> (&str, Option<u64>) {
    match outcome {
        Outcome::Refused { code, because, message } => {
            assert!(message.ends_with('.'), "{message}");
            (code, *because)
        }
        outcome => panic!("{outcome:?}"),
    }
}

async fn lines_are_matched_once_and_the_second_learns_who_was_first(site: &Site) {
    let (anna, bo) = (site.controller().await, site.controller().await);
    let books = Books::import(&anna).await;
    let first = anna.accept(books.pair(0)).await;
    assert_eq!(bo.refused(books.pair(0)).await, ("line.settled".to_owned(), Some(first)));
    let lines = vec![books.bank[2].clone(), books.ledger[0].clone()];
    assert_eq!(bo.refused(matching(lines)).await, ("line.settled".to_owned(), Some(first)));
    let one_sided = vec![books.bank[1].clone(), books.bank[2].clone()];
    assert_eq!(bo.refused(matching(one_sided)).await.0, "decision.refused");
    let twice = vec![books.bank[1].clone(), books.bank[1].clone(), books.ledger[1].clone()];
    assert_eq!(bo.refused(matching(twice)).await.0, "decision.refused");
    let foreign = LineId::Bank(EntryId([7; 16])).into();
    let code = bo.refused(matching(vec![foreign, books.ledger[1].clone()])).await.0;
    assert_eq!(code, "line.unknown");
}

async fn a_dissolved_match_comes_back_as_itself_and_as_nothing_else(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let object = Uuid::new_v4();
    accepted(&one(&client, making(object, books.pair(0))).await);
    let bring_back = |command: Command| Submission {
        brings_back: Some(object.to_string()),
        reverts: Some(Uuid::new_v4()),
        ..submission(command)
    };
    // It still stands: nothing else can take its name.
    let other =
        Command::WriteOff { lines: vec![books.bank[2].clone()], reason: "error".to_owned(), note: None };
    assert_eq!(code(&one(&client, bring_back(other)).await).0, "match.unknown");
    let dissolved = client.accept(unmatch(object)).await;
    assert_eq!(client.refused(unmatch(object)).await, ("match.unknown".to_owned(), Some(dissolved)));
    let back = accepted(&one(&client, bring_back(books.pair(0))).await);
    let size = back + 1;
    let events = client.pull(&client.checkpoint_of(size).await).await;
    let event = leaf::decode(events.last().unwrap()).unwrap();
    assert_eq!((event.object.id, event.object.version), (object.to_string(), 3));
    assert_eq!(client.refused(books.pair(0)).await, ("line.settled".to_owned(), Some(back)));
    // Neither a document nor a comment is a dissolved match.
    let document = leaf::decode(&events[1]).unwrap().object.id;
    let wrong = Submission { brings_back: Some(document), ..submission(books.pair(1)) };
    assert_eq!(code(&one(&client, wrong).await).0, "match.unknown");
}

async fn a_difference_needs_a_reason(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    assert_eq!(client.refused(books.pair(1)).await, ("difference.unexplained".to_owned(), None));
    let lines = vec![books.bank[1].clone(), books.ledger[1].clone()];
    let reason = Some("fee".to_owned());
    client.accept(Command::Match { lines, engine: None, confidence: None, difference_reason: reason }).await;
}

async fn a_held_line_is_released_or_matched_and_no_other(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let (line, other) = (books.bank[0].clone(), books.bank[1].clone());
    let hold =
        |until| Command::Hold { lines: vec![line.clone()], until, note: Some("ask the shop".to_owned()) };
    let release = |line| Command::Release { lines: vec![line] };
    assert_eq!(client.refused(hold(Date::constant(2020, 1, 1))).await.0, "decision.refused");
    client.accept(hold(LATER)).await;
    assert_eq!(client.refused(release(other)).await.0, "line.not_held");
    let released = client.accept(release(line.clone())).await;
    assert_eq!(client.refused(release(line.clone())).await, ("line.not_held".to_owned(), Some(released)));
    let held = HeldLine { line: line.clone(), until: Some(LATER) };
    client.accept(Command::RestoreHolds { holds: vec![held.clone()], note: None }).await;
    let object = Uuid::new_v4();
    accepted(&one(&client, making(object, books.pair(0))).await);
    let Command::Unmatch { match_id, .. } = unmatch(object) else { unreachable!() };
    client.accept(Command::Unmatch { match_id, note: None, holds: vec![held], hold_note: None }).await;
    client.accept(release(line)).await;
}

async fn a_line_is_written_off_with_a_reason(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let write_off = |reason: &str, note: Option<&str>| Command::WriteOff {
        lines: vec![books.bank[2].clone()],
        reason: reason.to_owned(),
        note: note.map(str::to_owned),
    };
    assert_eq!(client.refused(write_off("other", None)).await.0, "decision.refused");
    let settled = client.accept(write_off("other", Some("a gift"))).await;
    assert_eq!(client.refused(write_off("rounding", None)).await, ("line.settled".to_owned(), Some(settled)));
}

async fn a_comment_is_kept_beside_the_log_and_withdrawn_by_its_own_id(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let (object, matched) = (Uuid::new_v4(), Uuid::new_v4());
    let seq = accepted(&one(&client, making(object, comment(&books.bank[0], "Fråga Havnen ApS"))).await);
    let events = client.pull(&client.checkpoint_of(seq + 1).await).await;
    let event = leaf::decode(&events[usize::try_from(seq).unwrap()]).unwrap();
    assert!(!String::from_utf8_lossy(&events[usize::try_from(seq).unwrap()]).contains("Havnen"));
    let told = client.disclosures().await;
    let own = told.iter().find(|disclosed| disclosed.seq == seq).unwrap();
    let (name, value) = reveal(&own.text, &event.sd).unwrap();
    assert_eq!((name.as_str(), value.as_str()), ("text", Some("Fråga Havnen ApS")));

    accepted(&one(&client, making(matched, books.pair(0))).await);
    let withdraw =
        |comment: &str| Command::Withdraw { line: books.bank[0].clone(), comment: comment.to_owned() };
    // A match is no comment, and withdrawing it would hide it from the rules.
    assert_eq!(client.refused(withdraw(&matched.to_string())).await.0, "comment.unknown");
    assert_eq!(client.refused(withdraw("never made")).await.0, "comment.unknown");
    let withdrawn = client.accept(withdraw(&object.to_string())).await;
    let again = client.refused(withdraw(&object.to_string())).await;
    assert_eq!(again, ("comment.unknown".to_owned(), Some(withdrawn)));
    client.accept(unmatch(matched)).await;
}

async fn a_key_is_answered_as_the_first_time_and_never_for_another_command(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let first = submission(books.pair(0));
    let outcome = one(&client, first.clone()).await;
    let seq = accepted(&outcome);
    for _ in 0..3 {
        assert_eq!(one(&client, first.clone()).await, outcome);
    }
    let other = Submission { key: first.key, ..submission(comment(&books.bank[1], "asked")) };
    assert_eq!(code(&one(&client, other.clone()).await), ("key.reused", Some(seq)));
    // In one batch as well.
    let fresh = submission(comment(&books.bank[1], "asked"));
    let answers = client.send(vec![fresh.clone(), fresh.clone(), first]).await;
    assert_eq!(answers[0], answers[1]);
    assert_eq!(accepted(&answers[0].outcome), seq + 1);
    assert_eq!(answers[2].outcome, outcome);
    assert_eq!(client.checkpoint_of(seq + 2).await.size, seq + 2);
}

async fn a_refused_command_may_be_sent_again(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let object = Uuid::new_v4();
    accepted(&one(&client, making(object, books.pair(0))).await);
    let waiting = submission(books.pair(0));
    assert_eq!(code(&one(&client, waiting.clone()).await).0, "line.settled");
    let dissolved = client.accept(unmatch(object)).await;
    assert_eq!(accepted(&one(&client, waiting).await), dissolved + 1);
}

async fn commands_of_one_batch_see_each_other(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let object = Uuid::new_v4();
    let said = Uuid::new_v4();
    let answers = client
        .send(vec![
            making(object, books.pair(0)),
            submission(books.pair(0)),
            submission(unmatch(object)),
            submission(unmatch(object)),
            submission(books.pair(0)),
            making(said, comment(&books.bank[0], "asked")),
            submission(Command::Withdraw { line: books.bank[0].clone(), comment: said.to_string() }),
        ])
        .await;
    let outcomes: Vec<&Outcome> = answers.iter().map(|answer| &answer.outcome).collect();
    assert_eq!(accepted(outcomes[0]), KEPT);
    assert_eq!(code(outcomes[1]), ("line.settled", Some(KEPT)));
    assert_eq!(accepted(outcomes[2]), KEPT + 1);
    assert_eq!(code(outcomes[3]), ("match.unknown", Some(KEPT + 1)));
    let after: Vec<u64> = outcomes[4..].iter().map(|outcome| accepted(outcome)).collect();
    assert_eq!(after, [KEPT + 2, KEPT + 3, KEPT + 4]);
}

async fn the_id_of_a_new_object_is_used_once(site: &Site) {
    let client = site.controller().await;
    let books = Books::import(&client).await;
    let object = Uuid::new_v4();
    accepted(&one(&client, making(object, comment(&books.bank[0], "asked"))).await);
    assert_eq!(code(&one(&client, making(object, books.pair(0))).await).0, "object.reused");
}

async fn an_account_gets_its_ledger_account_and_an_export_leaves_a_trace(site: &Site) {
    let client = site.controller().await;
    Books::import(&client).await;
    let account = crate::books::ACCOUNT.to_owned();
    let assign = |account: &str| Command::AssignAccount {
        account: account.to_owned(),
        ledger_account: "1930".to_owned(),
    };
    let export = |account: &str| Command::ExportReconciliation {
        account: account.to_owned(),
        month: Some("2026-03".to_owned()),
        rows: 3,
        sha256: "ab".repeat(32),
    };
    client.accept(assign(&account)).await;
    client.accept(export(&account)).await;
    assert_eq!(client.refused(assign("SE00/SEK")).await.0, "account.unknown");
    assert_eq!(client.refused(export("SE00/SEK")).await.0, "account.unknown");
}
