//! Signing in, against a service that listens: what holds, what is refused, and what nobody can tell apart.

mod sign_in;
mod site;
