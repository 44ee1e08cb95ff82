//! Flows through the real window.
