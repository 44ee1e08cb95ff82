//! What a controller does with the program, one file per use case; windows and command lines only forward.

pub mod view;
