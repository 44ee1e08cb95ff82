//! Reading the states that events about cash movements tell (`before` and `after`): which lines, and which are on hold.

use crate::{
    command::LineId,
    ids::{EntryId, LedgerLineId},
};
use jiff::civil::Date;
use serde_json::Value;

/// Ids of one side in a state that an event tells.
#[must_use]
pub fn side_ids(state: Option<&Value>, side: &str) -> Vec<String> {
    let ids = state.and_then(|state| state.get(side)).and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The lines that a state tells, in the order of events: bank first.
#[must_use]
pub fn line_ids(state: Option<&Value>) -> Vec<LineId> {
    let bank = side_ids(state, "bank").into_iter().filter_map(|id| EntryId::parse(&id)).map(LineId::Bank);
    let ledger =
        side_ids(state, "ledger").into_iter().filter_map(|id| LedgerLineId::parse(&id)).map(LineId::Ledger);
    bank.chain(ledger).collect()
}

/// The holds that a state tells line by line.
#[must_use]
pub fn holds(state: Option<&Value>) -> Vec<(LineId, Date)> {
    let held = state.and_then(|state| state.get("held"));
    let mut holds = Vec::new();
    for side in ["bank", "ledger"] {
        let days = held.and_then(|held| held.get(side)).and_then(Value::as_object);
        for (id, until) in days.into_iter().flatten() {
            let line = match side {
                "bank" => EntryId::parse(id).map(LineId::Bank),
                _ => LedgerLineId::parse(id).map(LineId::Ledger),
            };
            let until: Option<Date> = until.as_str().and_then(|until| until.parse().ok());
            holds.extend(line.zip(until));
        }
    }
    holds
}
