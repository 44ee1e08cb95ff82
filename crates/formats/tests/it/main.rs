//! Tests of the readers as their users see them: whole documents in, items out.

mod check_digits;
mod lines_support;
mod sie_corpus;
