//! What stands in for the outside world in demos, tests and benches.
//!
//! Today that is [`company`], the generator of the demo company: bank statements, ledgers and the truth
//! about which belongs to which. Nothing here is ever linked into what a controller runs.

pub mod company;
