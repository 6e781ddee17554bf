use std::{fmt, sync::Arc, time::Duration};

use portcullis::{Freshness, Rejection, Requirement, VerifiedToken};

use crate::streams::StreamEnd;

/// What a method wants of a token.
///
/// Requirements are judged first, on what is known, and again on the live answer where there is one: so
/// nobody has the server asked by calling what he may not.
///
/// ```
/// use std::time::Duration;
/// use portcullis::{RequireRole, RequireScope};
/// use portcullis_tonic::MethodGuard;
///
/// let list = MethodGuard::token();
/// let close = MethodGuard::active().requires(RequireRole::realm("clerk"));
/// let watch = MethodGuard::token()
///     .requires(RequireScope::all(["orders:read"])?)
///     .ends_with_token();
/// # Ok::<(), portcullis::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct MethodGuard {
    requirements: Vec<Arc<dyn Requirement>>,
    freshness: Option<Freshness>,
    end: StreamEnd,
}

impl MethodGuard {
    /// A good token, verified in the verifier's own way.
    pub fn token() -> Self {
        Self {
            requirements: Vec::new(),
            freshness: None,
            end: StreamEnd::ByItself,
        }
    }

    /// A token that the authorization server calls active, in an answer that it computes after the
    /// request arrived and before the method runs. See
    /// [`RequireActiveLayer::live`](portcullis::RequireActiveLayer::live).
    pub fn active() -> Self {
        Self {
            freshness: Some(Freshness::Live),
            ..Self::token()
        }
    }

    /// The same, content with an active answer for this very token whose call began at most `age` ago.
    pub fn active_within(age: Duration) -> Self {
        Self {
            freshness: Some(Freshness::Within(age)),
            ..Self::token()
        }
    }

    /// And this of it: a role, a scope, a requirement of your own.
    pub fn requires(mut self, requirement: impl Requirement) -> Self {
        self.requirements.push(Arc::new(requirement));
        self
    }

    /// Ends a stream of the method with its token; see
    /// [`EndWithTokenLayer`](crate::EndWithTokenLayer).
    pub fn ends_with_token(mut self) -> Self {
        self.end = StreamEnd::WithToken;
        self
    }

    /// Ends it also unless the server has called the token active within `age`, 2 seconds at the least:
    /// it is asked again and again for as long as the stream lasts. See
    /// [`VerifiedToken::ended_within`].
    pub fn ends_unless_active_within(mut self, age: Duration) -> Self {
        self.end = StreamEnd::UnlessActiveWithin(age);
        self
    }

    pub(super) fn freshness(&self) -> Option<Freshness> {
        self.freshness
    }

    pub(super) fn end(&self) -> StreamEnd {
        self.end
    }

    /// Holds the token against what is required, and leaves that with it.
    pub(super) fn judge(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        let mut requirements = self.requirements.iter().cloned();
        requirements.try_for_each(|requirement| token.require_shared(requirement))
    }
}

impl fmt::Debug for MethodGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodGuard")
            .field("requirements", &self.requirements.len())
            .field("freshness", &self.freshness)
            .field("end", &self.end)
            .finish()
    }
}
