//! The desk against the real database and real files: journeys of a controller.

mod company;
