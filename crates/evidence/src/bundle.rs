//! Entry bundles (C2SP tlog-tiles): the events of a log in immutable pieces of 256, as they are served and cached.
//!
//! A bundle is each event's length as two bytes, big end first, and its canonical bytes. Only the last bundle of a
//! log is partial; its path names its width, so that a path never stands for two contents.

use attest_domain::limits::EVENT_BYTES_MAX;

/// Events in a full bundle.
pub const BUNDLE_EVENTS: u16 = 256;

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An event that two bytes of length cannot tell.
    #[error("An event has {0} bytes; a bundle takes at most {EVENT_BYTES_MAX} for each.")]
    EventTooLarge(usize),
    /// Cut short, or bytes left over.
    #[error("The bundle does not end where its last event does.")]
    Length,
    /// More or fewer events than asked for.
    #[error("The bundle holds {found} events; {expected} were asked for.")]
    Count {
        /// Events asked for.
        expected: u16,
        /// Events in it.
        found: usize,
    },
}

/// Writes a bundle from canonical event bytes, in order.
///
/// # Errors
/// [`BundleError::EventTooLarge`], [`BundleError::Count`] for more than [`BUNDLE_EVENTS`] events.
pub fn encode<'e>(events: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<u8>, BundleError> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    for event in events {
        let length = u16::try_from(event.len()).map_err(|_| BundleError::EventTooLarge(event.len()))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(event);
        count += 1;
    }
    if count > usize::from(BUNDLE_EVENTS) {
        return Err(BundleError::Count { expected: BUNDLE_EVENTS, found: count });
    }
    Ok(bytes)
}

/// Reads a bundle of exactly `width` events.
///
/// # Errors
/// [`BundleError::Length`], [`BundleError::Count`].
pub fn decode(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let (mut rest, mut events) = (bytes, Vec::with_capacity(usize::from(width)));
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (event, behind) =
            behind.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(BundleError::Length)?;
        events.push(event);
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(BundleError::Length);
    }
    if events.len() == usize::from(width) {
        Ok(events)
    } else {
        Err(BundleError::Count { expected: width, found: events.len() })
    }
}

/// Which events a bundle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number; its first event is `index` × 256.
    pub index: u64,
    /// Events in it, 1 to 256.
    pub width: u16,
}

impl Place {
    /// The bundle that holds event `seq` of a log of `size` events; `None` when there is no such event.
    #[must_use]
    pub fn of(seq: u64, size: u64) -> Option<Self> {
        let index = seq / u64::from(BUNDLE_EVENTS);
        let behind = size.saturating_sub(index * u64::from(BUNDLE_EVENTS));
        let width = u16::try_from(behind).unwrap_or(BUNDLE_EVENTS).min(BUNDLE_EVENTS);
        (seq < size).then_some(Self { index, width })
    }

    /// Position of its first event.
    #[must_use]
    pub fn start(self) -> u64 {
        self.index * u64::from(BUNDLE_EVENTS)
    }

    /// Its path below the log's: `tile/entries/x001/x234/067`, and `.p/` with the width for a partial one.
    #[must_use]
    pub fn path(self) -> String {
        let mut path = "tile/entries".to_owned();
        let groups = (self.index.max(1).ilog10() / 3).min(6);
        for group in (0..=groups).rev() {
            let digits = self.index / 1_000_u64.pow(group) % 1_000;
            path += &format!("/{}{digits:03}", if group > 0 { "x" } else { "" });
        }
        if self.width < BUNDLE_EVENTS {
            path += &format!(".p/{}", self.width);
        }
        path
    }

    /// Reads what [`Place::path`] writes, and nothing else.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let number = path.strip_prefix("tile/entries/")?;
        let (number, width) = match number.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (number, BUNDLE_EVENTS),
        };
        let mut index = 0_u64;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group).parse::<u64>().ok()?;
            index = index.checked_mul(1_000)?.checked_add(digits)?;
        }
        // The largest event position is below 2^63.
        let fits =
            index <= (i64::MAX as u64) / u64::from(BUNDLE_EVENTS) && (1..=BUNDLE_EVENTS).contains(&width);
        Some(Self { index, width }).filter(|place| fits && place.path() == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn paths_are_those_of_the_specification() {
        for (index, width, path) in [
            (0, 256, "tile/entries/000"),
            (67, 256, "tile/entries/067"),
            (999, 256, "tile/entries/999"),
            (1_000, 256, "tile/entries/x001/000"),
            (1_234_067, 256, "tile/entries/x001/x234/067"),
            (1_234_067, 8, "tile/entries/x001/x234/067.p/8"),
        ] {
            let place = Place { index, width };
            assert_eq!(place.path(), path);
            assert_eq!(Place::parse(path), Some(place));
        }
    }

    #[test]
    fn a_path_in_another_spelling_names_no_bundle() {
        for path in [
            "",
            "tile/entries/",
            "tile/entries/67",
            "tile/entries/0067",
            "tile/entries/x000/067",
            "tile/entries/+67",
            "tile/entries/067.p/0",
            "tile/entries/067.p/256",
            "tile/entries/067.p/08",
            "tile/entries/001/234",
            "tile/entries/x999/x999/x999/x999/x999/x999/999",
            "tile/0/067",
        ] {
            assert_eq!(Place::parse(path), None, "{path}");
        }
    }

    #[test]
    fn only_the_last_bundle_is_partial() {
        assert_eq!(Place::of(0, 0), None);
        assert_eq!(Place::of(255, 256), Some(Place { index: 0, width: 256 }));
        assert_eq!(Place::of(255, 300), Some(Place { index: 0, width: 256 }));
        assert_eq!(Place::of(256, 300), Some(Place { index: 1, width: 44 }));
        assert_eq!(Place::of(300, 300), None);
    }

    #[test]
    fn an_event_over_the_limit_makes_no_bundle() {
        let large = vec![b'x'; EVENT_BYTES_MAX + 1];
        assert_eq!(encode([large.as_slice()]), Err(BundleError::EventTooLarge(EVENT_BYTES_MAX + 1)));
        assert!(encode([&large[1..]]).is_ok());
        let many = vec![b"e".as_slice(); 257];
        assert_eq!(encode(many), Err(BundleError::Count { expected: 256, found: 257 }));
    }

    proptest! {
        #[test]
        fn events_come_back_and_a_cut_bundle_does_not(
            events in vec(vec(any::<u8>(), 0..40), 0..20), cut in 1_usize..30
        ) {
            let bytes = encode(events.iter().map(Vec::as_slice)).unwrap();
            let width = u16::try_from(events.len()).unwrap();
            prop_assert_eq!(decode(&bytes, width).unwrap(), events);
            prop_assert!(decode(&bytes, width + 1).is_err());
            prop_assert!(decode(&bytes[..bytes.len().saturating_sub(cut)], width).is_err() || width == 0);
        }

        #[test]
        fn a_path_reads_back(index in 0..(i64::MAX as u64) / 256, width in 1_u16..=256) {
            let place = Place { index, width };
            prop_assert_eq!(Place::parse(&place.path()), Some(place));
        }
    }
}
