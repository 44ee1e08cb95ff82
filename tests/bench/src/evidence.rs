//! The log: what it costs to verify a million events against hashing the same bytes and nothing else.

use crate::figure::{Bench, Figure, Goal, timed};
use anyhow::{Result, ensure};
use attest_domain::Digest;
use attest_evidence::{
    bundle::{self, BUNDLE_EVENTS},
    leaf,
    tree::Frontier,
};
use std::time::Duration;

pub(crate) const BENCHES: &[Bench] =
    &[Bench { name: "evidence.verify_1m", unit: "ms", goal: Goal::RatioAtMost(2.0), run: verify_million }];

const EVENTS: u64 = 1_000_000;
const ROUNDS: u32 = 3;

/// A decision as it stands in a log, about as long as most are.
fn event(seq: u64) -> Vec<u8> {
    let (bank, ledger) = (leaf::hash(&seq.to_be_bytes()), leaf::hash(&(!seq).to_be_bytes()));
    let (bank, ledger) = (&bank.to_string()[..32], &ledger.to_string()[..32]);
    format!(
        "{{\"action\":\"cash_movement.match\",\"actor\":{{\"auth\":\"device\",\"id\":\"{bank}\",\"kind\":\"user\",\
         \"role\":\"controller\"}},\"after\":{{\"bank\":[\"{bank}\"],\"by\":\"user\",\"currency\":\"SEK\",\
         \"difference\":\"0.00\",\"ledger\":[\"{ledger}\"]}},\"at\":\"2026-11-20T08:14:03.512Z\",\"id\":\"{ledger}\",\
         \"object\":{{\"id\":\"{bank}\",\"type\":\"cash_movement\",\"version\":1}},\"seq\":{seq},\
         \"tenant\":\"{ledger}\",\"v\":1}}"
    )
    .into_bytes()
}

fn verify_million() -> Result<Figure> {
    let bundles = (0..EVENTS)
        .step_by(usize::from(BUNDLE_EVENTS))
        .map(|start| {
            let events: Vec<Vec<u8>> =
                (start..EVENTS.min(start + u64::from(BUNDLE_EVENTS))).map(event).collect();
            let width = u16::try_from(events.len())?;
            Ok((bundle::encode(events.iter().map(Vec::as_slice))?, width))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut hash_bare = || {
        let mut sum = 0_u8;
        for (bytes, width) in &bundles {
            for event in bundle::decode(bytes, *width)? {
                sum ^= leaf::hash(event).0[0];
            }
        }
        Ok(sum)
    };
    let mut verify = || {
        let mut frontier = Frontier::default();
        for (bytes, width) in &bundles {
            for event in bundle::decode(bytes, *width)? {
                frontier.push(leaf::hash(event))?;
            }
        }
        ensure!(frontier.size() == EVENTS, "{} events", frontier.size());
        Ok::<Digest, anyhow::Error>(frontier.root())
    };
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(timed(&mut hash_bare)?);
        ours = ours.min(timed(&mut verify)?);
    }
    Ok(Figure { value: ours.as_secs_f64() * 1e3, baseline: Some(bare.as_secs_f64() * 1e3) })
}
