//! OpenID Connect Back-Channel Logout 1.0: the issuer tells the clients of a session that it ends.

mod attendance;
mod parked;
mod receiver;
mod token;
mod warnings;

pub use self::receiver::LogoutReceiver;
pub(crate) use self::token::LogoutRules;
