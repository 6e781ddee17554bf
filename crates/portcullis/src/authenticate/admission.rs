use http::Extensions;

use super::{VerifiedToken, requirements::Requirements, verified_token::Settling};
use crate::{Credentials, Dpop, Reason, Rejection, Thumbprint};

/// What the layer leaves with a request it lets through: the mark that it has been there, and
/// the token where there is one.
#[derive(Debug, Clone)]
pub(crate) enum Admission {
    /// No credentials, and the route does not insist.
    Anonymous,
    /// A verified token.
    Verified(VerifiedToken),
}

impl Admission {
    /// Replaces what an outer layer may have left.
    pub(crate) fn leave(self, extensions: &mut Extensions) {
        extensions.insert(self);
    }

    /// The verdict again, on a request that had to wait for the service further in; where something
    /// has to be found out first, that.
    pub(super) fn judge_again(extensions: &Extensions) -> Result<Option<Settling>, Rejection> {
        match extensions.get() {
            Some(Self::Verified(token)) => token.judge_again(),
            Some(Self::Anonymous) | None => Ok(None),
        }
    }

    /// What routes further out require of the same token.
    pub(super) fn requirements(extensions: &Extensions, credentials: &Credentials) -> Requirements {
        match extensions.get() {
            Some(Self::Verified(outer)) => outer.requirements_of(credentials),
            Some(Self::Anonymous) | None => Requirements::default(),
        }
    }

    /// The key that a layer further out was shown with the same token, and how it judged the proof.
    pub(super) fn proven_key<'a>(
        extensions: &'a Extensions,
        credentials: &Credentials,
    ) -> Option<(Thumbprint, &'a Dpop)> {
        match extensions.get() {
            Some(Self::Verified(outer)) => outer.proven_key_of(credentials),
            Some(Self::Anonymous) | None => None,
        }
    }

    /// The token of a request that needs one.
    pub(crate) fn token(extensions: &Extensions) -> Result<&VerifiedToken, Rejection> {
        match extensions.get() {
            Some(Self::Verified(token)) => Ok(token),
            Some(Self::Anonymous) => Err(Reason::MissingToken.into()),
            None => {
                let rejection = Rejection::because(
                    Reason::LayerMissing,
                    "no `AuthenticateLayer` is around this route; add one outside of the guards and extractors that need it",
                );
                // Without the layer nobody renders the rejection, so nobody else would say it.
                Err(rejection.logged())
            }
        }
    }
}
