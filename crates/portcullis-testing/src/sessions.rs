//! Sessions: tokens that end together.

use std::{collections::HashSet, sync::Arc};

use crate::{lock::Lock, random, server::State, token::TokenBuilder};

/// A user's session. Its tokens bear its id as `sid` and are inactive once it has ended.
///
/// Made by [`AuthorizationServer::login`](crate::AuthorizationServer::login).
#[derive(Debug, Clone)]
pub struct Session {
    state: Arc<State>,
    id: String,
    user: String,
}

impl Session {
    pub(crate) fn new(state: Arc<State>, user: String) -> Self {
        Self {
            state,
            id: random::uuid(),
            user,
        }
    }

    /// The `sid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The user it belongs to, the `sub` of its tokens.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// An access token of this session, to be changed and minted.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(Arc::clone(&self.state))
            .subject(&self.user)
            .claim("sid", self.id.as_str())
    }

    /// Ends it: logout.
    pub fn end(&self) {
        self.state.sessions.end(&self.id);
    }
}

/// Which sessions have ended. Every other `sid` lives.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Lock<HashSet<String>>);

impl Sessions {
    pub(crate) fn end(&self, id: &str) {
        self.0.lock().insert(id.to_owned());
    }

    pub(crate) fn has_ended(&self, id: &str) -> bool {
        self.0.lock().contains(id)
    }
}
