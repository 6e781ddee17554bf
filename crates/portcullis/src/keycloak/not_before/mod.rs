//! Keycloak's cut-off, "not before": tokens of the realm that were issued before it are over. Keycloak
//! publishes it, and tells clients with an admin URL when it moves.

mod message;
mod poll;
mod receiver;

pub use self::receiver::NotBeforeReceiver;
pub(crate) use self::{message::MessageRules, poll::CutOffPoll};
