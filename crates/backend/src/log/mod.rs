//! The tenants' logs: appending in lanes, sealing with checkpoints, serving what replicas pull.

pub(crate) mod append;
pub(crate) mod known;
pub(crate) mod lane;
pub(crate) mod pending;
pub(crate) mod read;
pub(crate) mod seal;
