//! A figure, its baseline and its goal, and how they are written down.

use anyhow::Result;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Something that is measured.
#[derive(Clone, Copy)]
pub(crate) struct Bench {
    /// Name, `group.figure`.
    pub(crate) name: &'static str,
    /// Unit of value and baseline.
    pub(crate) unit: &'static str,
    /// What the issue asks for.
    pub(crate) goal: Goal,
    /// Measures it.
    pub(crate) run: fn() -> Result<Figure>,
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    /// The figure itself.
    pub(crate) value: f64,
    /// What the least possible work costs in the same run, where there is something to compare with.
    pub(crate) baseline: Option<f64>,
}

/// What makes a figure good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The ratio to the baseline is at least this.
    RatioAtLeast(f64),
    /// The ratio to the baseline is at most this.
    RatioAtMost(f64),
    /// The value is at most this.
    ValueAtMost(f64),
    /// Reported only.
    None,
}

/// What is printed, members in the order of the contract.
#[derive(Serialize)]
struct Line {
    name: &'static str,
    value: f64,
    unit: &'static str,
    baseline: Option<f64>,
    ratio: Option<f64>,
    goal: Option<String>,
    met: Option<bool>,
}

impl Bench {
    /// The line of the contract: `{name, value, unit, baseline, ratio, goal, met}`.
    pub(crate) fn line(&self, figure: &Figure) -> Result<String> {
        let line = Line {
            name: self.name,
            value: rounded(figure.value),
            unit: self.unit,
            baseline: figure.baseline.map(rounded),
            ratio: figure.ratio().map(rounded),
            goal: self.goal.text(),
            met: self.goal.is_met(figure),
        };
        Ok(serde_json::to_string(&line)?)
    }

    /// The same for people.
    pub(crate) fn sentence(&self, figure: &Figure) -> String {
        let mut text = format!("{:<28} {:>12} {}", self.name, rounded(figure.value), self.unit);
        if let (Some(baseline), Some(ratio)) = (figure.baseline, figure.ratio()) {
            text += &format!(", baseline {}, ratio {}", rounded(baseline), rounded(ratio));
        }
        match (self.goal.text(), self.goal.is_met(figure)) {
            (Some(goal), Some(true)) => text + &format!(" (goal {goal}: met)"),
            (Some(goal), _) => text + &format!(" (goal {goal}: MISSED)"),
            (None, _) => text,
        }
    }
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        self.baseline.filter(|baseline| *baseline > 0.0).map(|baseline| self.value / baseline)
    }
}

impl Goal {
    fn text(self) -> Option<String> {
        match self {
            Self::RatioAtLeast(ratio) => Some(format!("ratio >= {ratio}")),
            Self::RatioAtMost(ratio) => Some(format!("ratio <= {ratio}")),
            Self::ValueAtMost(value) => Some(format!("value <= {value}")),
            Self::None => None,
        }
    }

    fn is_met(self, figure: &Figure) -> Option<bool> {
        match self {
            Self::RatioAtLeast(least) => Some(figure.ratio().is_some_and(|ratio| ratio >= least)),
            Self::RatioAtMost(most) => Some(figure.ratio().is_some_and(|ratio| ratio <= most)),
            Self::ValueAtMost(most) => Some(figure.value <= most),
            Self::None => None,
        }
    }
}

/// Three decimals for small figures, whole numbers for large ones.
fn rounded(value: f64) -> f64 {
    let scale = if value.abs() >= 1000.0 { 1.0 } else { 1000.0 };
    (value * scale).round() / scale
}

/// The fastest of several interleaved runs of two pieces of work: ours and the baseline.
pub(crate) fn fastest_of<A, B>(
    rounds: u32,
    mut ours: impl FnMut() -> Result<A>,
    mut baseline: impl FnMut() -> Result<B>,
) -> Result<(Duration, Duration)> {
    let (mut best_ours, mut best_baseline) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        best_baseline = best_baseline.min(timed(&mut baseline)?);
        best_ours = best_ours.min(timed(&mut ours)?);
    }
    Ok((best_ours, best_baseline))
}

/// How long one run takes.
pub(crate) fn timed<T>(work: &mut impl FnMut() -> Result<T>) -> Result<Duration> {
    let start = Instant::now();
    std::hint::black_box(work()?);
    Ok(start.elapsed())
}
