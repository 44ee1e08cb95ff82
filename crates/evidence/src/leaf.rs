//! An event's canonical bytes and its place in an RFC 6962 tree: leaf = SHA-256(0x00 ‖ bytes).

use attest_domain::{Digest, event::Event, limits::EVENT_BYTES_MAX};
use sha2::{Digest as _, Sha256};

/// Why an event cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// It is over the limit of 65,535 bytes (DESIGN §4, and two bytes of length in a bundle); larger things are documents referred to by digest.
    #[error("The event has {0} bytes; the most is {EVENT_BYTES_MAX}. Make the change in smaller parts.")]
    TooLarge(usize),
    /// It does not encode as JSON, or the bytes are no event.
    #[error("The event is no valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes decode but are not the canonical form of what they say.
    #[error("The event's bytes are not canonical JSON (RFC 8785).")]
    NotCanonical,
}

/// Writes an event as RFC 8785 canonical JSON.
///
/// # Errors
/// [`LeafError::TooLarge`] over 65,535 bytes.
pub fn encode(event: &Event) -> Result<Vec<u8>, LeafError> {
    let bytes = serde_json_canonicalizer::to_vec(event)?;
    if bytes.len() > EVENT_BYTES_MAX {
        return Err(LeafError::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

/// Reads stored bytes back, refusing any that are not exactly what [`encode`] would write.
///
/// # Errors
/// [`LeafError`] when the bytes are too long, no event, or not canonical.
pub fn decode(bytes: &[u8]) -> Result<Event, LeafError> {
    if bytes.len() > EVENT_BYTES_MAX {
        return Err(LeafError::TooLarge(bytes.len()));
    }
    let event: Event = serde_json::from_slice(bytes)?;
    if serde_json_canonicalizer::to_vec(&event)? == bytes { Ok(event) } else { Err(LeafError::NotCanonical) }
}

/// The leaf hash of stored bytes (RFC 6962 §2.1).
#[must_use]
pub fn hash(bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    hasher.update(bytes);
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use attest_domain::event::{Actor, ActorKind, Object};
    use serde_json::json;
    use uuid::Uuid;

    fn event() -> Event {
        Event {
            v: 1,
            tenant: Uuid::nil(),
            seq: 7,
            id: Uuid::nil(),
            at: "2026-11-20T08:14:03.512Z".to_owned(),
            actor: Actor {
                kind: ActorKind::User,
                id: "u1".into(),
                role: None,
                auth: Some("device".into()),
                order: None,
            },
            action: "cash_movement.match".to_owned(),
            object: Object { kind: "cash_movement".into(), id: "m1".into(), version: 1 },
            trace: None,
            reverts: None,
            reason: None,
            before: None,
            after: Some(json!({ "difference": "0.00", "bank": ["B"], "å": 1 })),
            evidence: Vec::new(),
            sd: Vec::new(),
        }
    }

    #[test]
    fn bytes_of_an_event_never_change() {
        // A permanent vector: if this breaks, old logs no longer verify.
        let bytes = encode(&event()).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "{\"action\":\"cash_movement.match\",\"actor\":{\"auth\":\"device\",\"id\":\"u1\",\"kind\":\"user\"},\
             \"after\":{\"bank\":[\"B\"],\"difference\":\"0.00\",\"å\":1},\"at\":\"2026-11-20T08:14:03.512Z\",\
             \"id\":\"00000000-0000-0000-0000-000000000000\",\"object\":{\"id\":\"m1\",\"type\":\"cash_movement\",\
             \"version\":1},\"seq\":7,\"tenant\":\"00000000-0000-0000-0000-000000000000\",\"v\":1}"
        );
        assert_eq!(decode(&bytes).unwrap(), event());
    }

    #[test]
    fn bytes_in_another_spelling_are_refused() {
        let mut spaced = encode(&event()).unwrap();
        spaced.insert(1, b' ');
        assert!(matches!(decode(&spaced), Err(LeafError::NotCanonical)));
    }

    #[test]
    fn an_oversized_event_is_refused() {
        let mut large = event();
        large.after = Some(json!({ "text": "x".repeat(EVENT_BYTES_MAX) }));
        assert!(matches!(encode(&large), Err(LeafError::TooLarge(_))));
    }

    #[test]
    fn the_empty_leaf_hashes_as_rfc_6962_says() {
        let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hash(b"").to_string(), expected);
    }
}
