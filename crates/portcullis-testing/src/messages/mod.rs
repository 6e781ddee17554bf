//! What the server signs for those who want to hear of the end of sessions and tokens.

mod admin_message;
mod logout_token;
mod security_event;

pub(crate) use self::security_event::{CREDENTIAL_CHANGE, SESSION_REVOKED};
pub use self::{
    admin_message::AdminMessageBuilder, logout_token::LogoutTokenBuilder,
    security_event::SecurityEventBuilder,
};
