//! C. Challenges and error responses (RFC 6750 §3, RFC 9110 §11.6.1).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod authority;
mod bodies;
mod every_reason;
mod grammar;
mod support;
mod tokens;
