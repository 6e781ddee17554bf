//! What the server signs for those who want to hear of the end of sessions and tokens, and what
//! clients sign to prove what they hold.

mod admin_message;
mod dpop_proof;
mod logout_token;
mod security_event;

pub(crate) use self::security_event::{CREDENTIAL_CHANGE, SESSION_REVOKED};
pub use self::{
    admin_message::AdminMessageBuilder, dpop_proof::DpopProofBuilder,
    logout_token::LogoutTokenBuilder, security_event::SecurityEventBuilder,
};
