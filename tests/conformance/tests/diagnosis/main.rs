//! Why a request is refused, as far as it is told: the rules in their order.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attempt;
mod order;
mod service;
