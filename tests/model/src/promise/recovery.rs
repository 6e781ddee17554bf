//! What is answered once everything is well again.

use http::StatusCode;

use crate::{schedule::Kind, world::World};

/// What a live request must be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Good,
    Bad,
}

impl Expected {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Good => StatusCode::OK,
            Self::Bad => StatusCode::UNAUTHORIZED,
        }
    }
}

/// What a live hybrid request about a token must be answered now, by an instance that can reach the
/// server.
pub(crate) fn expected(world: &World, instance: usize, token: usize) -> Expected {
    let issued = &world.server.tokens[token];
    let is_signed_by_published =
        issued.kind == Kind::Opaque || world.server.keys[issued.key].withdrawn.is_none();
    let is_over = world.told_of_end(instance, issued.session).is_some();
    if world.server.is_active(token, &world.journal) && is_signed_by_published && !is_over {
        Expected::Good
    } else {
        Expected::Bad
    }
}
