//! Tokens: how they are made, and what the server remembers of them.

mod builder;
mod defaults;
mod issue;
mod register;

pub use self::builder::TokenBuilder;
pub(crate) use self::{
    defaults::{DEFAULT_CLIENT, DEFAULT_USER, service_account},
    register::{IssuedToken, TokenRegister},
};
