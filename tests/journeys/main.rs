//! Journeys across crates, through the command line as automation uses it.
