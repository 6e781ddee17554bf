//! Security events of an issuer (Shared Signals Framework 1.0, CAEP 1.0): it tells that a session was
//! revoked or a credential changed, by a token of its own (RFC 8417) that is pushed (RFC 8935) or
//! polled for (RFC 8936).

mod authorization;
mod exchange;
mod intake;
mod poll;
mod receipt;
mod receiver;
mod rules;
mod statement;
mod subject;

pub(crate) use self::{
    authorization::PushAuthorization, exchange::PollEndpoint, intake::SecurityEventIntake,
    poll::SecurityEventPoll, rules::SecurityEventRules,
};
pub use self::{
    receipt::{SecurityEventError, SecurityEventReceipt},
    receiver::SecurityEventReceiver,
};
