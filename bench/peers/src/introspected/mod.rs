//! Peers that ask the server, and remember what it said.

pub mod camel_auth;
pub mod zitadel;
