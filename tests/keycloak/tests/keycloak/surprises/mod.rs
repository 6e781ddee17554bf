//! What one would not expect of Keycloak, pinned: when one of these fails, the library's answers
//! and its documentation have to be looked at again.

mod addressees;
mod answers;
mod authentication;
mod canary;
mod dpop;
mod endings;
mod front_channel;
mod lifespans;
mod not_before;
mod notices;
mod offline;
mod scene;
mod signals;
mod tokens;
