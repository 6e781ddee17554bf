//! Who issues the tokens, and ends them.

mod embedded;
mod yours;

use std::sync::Arc;

pub(in super::super) use self::yours::Registration;
pub(super) use self::{
    embedded::Embedded,
    yours::{Answer, Next, Yours},
};
use super::{refusal::Refusal, tokens::Token};

/// The authorization server behind the page.
#[derive(Debug)]
pub(super) enum Authority {
    /// The demo's own, which does whatever the page asks for.
    Embedded(Arc<Embedded>),
    /// Somebody else's, which is asked for nothing but the end of what the page has begun.
    Yours(Arc<Yours>),
}

/// The end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Now,
    /// It was over already.
    Before,
}

impl Authority {
    /// The issuer of the tokens.
    pub(super) fn issuer(&self) -> &str {
        match self {
            Self::Embedded(server) => server.issuer(),
            Self::Yours(server) => server.issuer(),
        }
    }

    /// Ends the session of a token.
    pub(super) async fn end_session(&self, token: &Token) -> Result<Ended, Refusal> {
        match self {
            Self::Embedded(server) => server.end_session(token).await,
            Self::Yours(server) => server.end_session(token).await,
        }
    }

    /// Revokes a token. What was done, in a sentence.
    pub(super) async fn revoke(&self, token: &Token) -> Result<String, Refusal> {
        match self {
            Self::Embedded(server) => server.revoke(token).await,
            Self::Yours(server) => server.revoke(token).await,
        }
    }
}
