//! What the server signs for those who want to hear of the end of sessions and tokens.

mod logout_token;

pub use self::logout_token::LogoutTokenBuilder;
