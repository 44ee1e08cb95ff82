//! The desk against the real database and real files: journeys of a controller, and what must hold whatever happens.

mod atomicity;
mod canary;
mod company;
mod decisions;
mod kill;
mod office;
mod random_decisions;
mod supersession;
