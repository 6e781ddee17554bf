//! B. Getting the token off the request (RFC 6750 §2, RFC 9110 §11).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod elsewhere;
mod malformed;
mod methods;
mod several;
mod support;
mod well_formed;
