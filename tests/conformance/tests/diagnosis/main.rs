//! Why a request is refused, as far as it is told: the rules in their order, and what is said of each
//! reason, and what clients are told in a development mode.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attempt;
mod development;
mod order;
mod service;
mod texts;
mod unbound;
