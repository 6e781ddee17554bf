//! What the server signs for those who want to hear of the end of sessions and tokens.

mod admin_message;
mod logout_token;

pub use self::{admin_message::AdminMessageBuilder, logout_token::LogoutTokenBuilder};
