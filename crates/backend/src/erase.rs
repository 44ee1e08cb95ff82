//! Erasing what events conceal: the disclosures go, and an event says which and why.
//!
//! The leaves stay as they are, so every proof stays valid; what is left of a disclosure is a digest over at least 128
//! random bits that nobody has any more. Deletion and event are one transaction, so no replica that knows the event
//! is served what it erased.
//! **Absent on purpose:** judging whether something may be erased. Retention, legal hold and the signature of whoever
//! decides are not here yet (ADR 0026); it is done at the machine, by somebody who has judged.

use crate::{
    error::ApiError,
    log::{append::Appender, seal},
    state::Backend,
    store::StoreError,
    tenants,
};
use attest_domain::{
    drafts::disclosures_erased,
    event::{Event, action},
};
use attest_evidence::leaf;
use sqlx::Row as _;
use uuid::Uuid;

/// Most characters of a ground.
const REASON_MAX: usize = 64;
/// Most events of an object whose disclosures are erased at once.
const EVENTS_MAX: usize = 1_000;

/// What is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything that the event at this position conceals.
    Event(u64),
    /// Everything that the events about this object conceal.
    Object(String),
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Events that concealed something.
    pub events: u64,
    /// Disclosures that are gone.
    pub disclosures: u64,
}

/// Erases; nothing and no event where nothing is left to erase.
pub(crate) async fn erase(
    backend: &Backend,
    tenant: Uuid,
    target: &Target,
    reason: &str,
) -> Result<Erased, ApiError> {
    check_reason(reason)?;
    let mut appender = Appender::begin(backend, tenant).await?;
    let mut erased = Erased::default();
    for event in find(&mut appender, target).await? {
        let digests: Vec<String> = sqlx::query_scalar(
            "select digest from disclosure where tenant = $1 and seq = $2 order by digest",
        )
        .bind(&appender.name)
        .bind(event.seq.cast_signed())
        .fetch_all(&mut *appender.tx)
        .await?;
        if digests.is_empty() {
            continue;
        }
        forget(&mut appender, &event).await?;
        let newest = appender.find_newest(&event.id.to_string()).await?;
        let version = newest.map_or(1, |newest| newest.version + 1);
        let draft = disclosures_erased(event.id, version, event.seq, &digests, reason);
        let written = appender.write_own(tenants::service(), draft)?;
        appender.put_object(&written);
        erased.events += 1;
        erased.disclosures += digests.len() as u64;
    }
    appender.commit().await?;
    seal::seal(backend, tenant).await?;
    Ok(erased)
}

/// The events that are meant.
async fn find(appender: &mut Appender<'_>, target: &Target) -> Result<Vec<Event>, ApiError> {
    let row = |row: &sqlx::any::AnyRow| leaf::decode(&row.get::<Vec<u8>, _>(0));
    let unreadable = |error| StoreError::stored("event", error);
    match target {
        Target::Event(seq) => {
            let found = sqlx::query("select leaf from event where tenant = $1 and seq = $2")
                .bind(&appender.name)
                .bind(seq.cast_signed())
                .fetch_optional(&mut *appender.tx)
                .await?
                .ok_or(ApiError::NotFound("event"))?;
            Ok(vec![row(&found).map_err(unreadable)?])
        }
        Target::Object(id) => {
            // Which object an event is about stands in its leaf alone; only those that conceal something are read.
            let found = sqlx::query(
                "select e.leaf from event e where e.tenant = $1
                   and exists (select 1 from disclosure d where d.tenant = e.tenant and d.seq = e.seq)
                 order by e.seq",
            )
            .bind(&appender.name)
            .fetch_all(&mut *appender.tx)
            .await?;
            let mut events = Vec::new();
            for found in &found {
                let event = row(found).map_err(unreadable)?;
                if event.object.id == *id {
                    events.push(event);
                }
            }
            if events.len() > EVENTS_MAX {
                let message = format!("{} events are about it; name them by their positions.", events.len());
                return Err(ApiError::Invalid("erase.many", message));
            }
            Ok(events)
        }
    }
}

/// Deletes the disclosures of an event, and what was taken from them.
async fn forget(appender: &mut Appender<'_>, event: &Event) -> Result<(), StoreError> {
    let seq = event.seq.cast_signed();
    sqlx::query("delete from disclosure where tenant = $1 and seq = $2")
        .bind(&appender.name)
        .bind(seq)
        .execute(&mut *appender.tx)
        .await?;
    // The digest of the command has no salt: whoever has it could try words. Its key is refused from now on.
    sqlx::query("update event set fingerprint = $1 where tenant = $2 and seq = $3")
        .bind(Vec::<u8>::new())
        .bind(&appender.name)
        .bind(seq)
        .execute(&mut *appender.tx)
        .await?;
    if matches!(event.action.as_str(), action::DOCUMENT_IMPORT | action::DOCUMENT_REFUSE) {
        // As one that was delivered without a name.
        sqlx::query("update document set name = sha256 where tenant = $1 and sha256 = $2")
            .bind(&appender.name)
            .bind(&event.object.id)
            .execute(&mut *appender.tx)
            .await?;
    }
    if event.object.kind == "member" {
        // Whoever still is a member of some company goes on being called by its name there.
        sqlx::query(
            "update subject set name = null
             where id = $1 and not exists (select 1 from member m where m.subject = subject.id)",
        )
        .bind(&event.object.id)
        .execute(&mut *appender.tx)
        .await?;
    }
    Ok(())
}

/// A code, not words: what is in a leaf is never erased.
fn check_reason(reason: &str) -> Result<(), ApiError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if (1..=REASON_MAX).contains(&reason.len()) && reason.bytes().all(plain) {
        return Ok(());
    }
    let message = "A ground is a code of 1 to 64 small letters, digits, dots and dashes, such as gdpr.17.";
    Err(ApiError::Invalid("reason.length", message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ground_is_a_code_and_never_words() {
        assert!(check_reason("gdpr.17").is_ok());
        for words in ["", "Kim asked for it", "GDPR", "å", &"x".repeat(65)] {
            assert!(check_reason(words).is_err(), "{words:?}");
        }
    }
}
