//! The events about a line, newest first, in the words of the history tab.

use crate::{Session, audit::erased_of, error::DeskError, view::HistoryView};
use attest_domain::{EntryId, event::ActorKind};
use attest_evidence::{disclosure, leaf};
use std::collections::BTreeMap;

/// Events shown of one line.
const EVENTS_SHOWN: u32 = 100;

pub(crate) async fn of_lines(session: &Session, lines: &[String]) -> Result<Vec<HistoryView>, DeskError> {
    let mut events = BTreeMap::new();
    for line in predecessors(session, lines).await? {
        for stored in session.cache.list_events_about(&line, EVENTS_SHOWN).await? {
            events.insert(stored.seq, stored);
        }
    }
    let lacking = events.values().filter(|stored| stored.disclosures.is_empty());
    let ids = lacking.map(|stored| Ok(leaf::decode(&stored.leaf)?.id.to_string()));
    let gone = erased_of(session, &ids.collect::<Result<Vec<_>, DeskError>>()?).await?;
    let verified = if session.author.connected { session.cache.count_verified().await? } else { u64::MAX };
    events
        .into_values()
        .rev()
        .map(|stored| {
            let event = leaf::decode(&stored.leaf)?;
            let revealed =
                stored.disclosures.iter().filter_map(|text| disclosure::reveal(text, &event.sd).ok());
            let text = revealed.filter_map(|(_, value)| value.as_str().map(str::to_owned)).next();
            let kind = serde_json::to_value(event.actor.kind).ok();
            let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
            let own = event.actor.kind != ActorKind::User || event.actor.id == session.author.actor.id;
            Ok(HistoryView {
                seq: event.seq,
                at: event.at,
                action: event.action,
                actor: if own { kind } else { "member".to_owned() },
                erased: text.is_none() && event.sd.iter().any(|digest| gone.contains(digest)),
                text: text.or(event.reason.map(|reason| reason.code)),
                pending: event.seq >= verified,
            })
        })
        .collect()
}

/// The lines, and those they have taken the place of: what was said of an intraday entry holds for the booked one.
async fn predecessors(session: &Session, lines: &[String]) -> Result<Vec<String>, DeskError> {
    let mut all = Vec::new();
    // A group of thousands shows the history of its first lines; the audit view shows all.
    for line in lines.iter().take(50) {
        // Both kinds of ids are written alike.
        let Some(id) = EntryId::parse(line) else { continue };
        all.extend(
            session.cache.list_predecessors(&id.0).await?.into_iter().map(|id| EntryId(id).to_string()),
        );
    }
    Ok(all)
}
