use http::{HeaderMap, HeaderValue, header};
use portcullis::{Reason, Rejection, TokenFacts, VerifiedBy};
use serde::Deserialize;

use crate::forwarded::Hosts;

/// What serves the requests of a rule: which token it gets, and at which hosts. The one without a name
/// gets none, whatever the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream {
    token: UpstreamToken,
    hosts: Option<Hosts>,
}

/// An upstream would get tokens whatever the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it gets tokens, and under the same path the gateway may send the requests of another host elsewhere: name the hosts that it serves, such as `hosts = [\"api.example.com\"]`"
)]
pub struct NoHosts;

/// What becomes of `Authorization` on the way to an upstream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum UpstreamToken {
    /// It is taken off: the upstream lives by the identity headers.
    #[default]
    Remove,
    /// The token that was judged goes on as it came.
    Keep,
    /// The full JWT goes on, in place of a lightweight or opaque token (phantom token).
    Phantom,
}

impl Upstream {
    /// An upstream that serves these hosts: a request to another one is denied. `None` is for whatever
    /// host, and for those alone that get no token.
    ///
    /// # Errors
    /// When it gets tokens, and no host is named.
    pub fn new(token: UpstreamToken, hosts: Option<Hosts>) -> Result<Self, NoHosts> {
        match (token, &hosts) {
            (UpstreamToken::Keep | UpstreamToken::Phantom, None) => Err(NoHosts),
            (UpstreamToken::Remove, _) | (_, Some(_)) => Ok(Self { token, hosts }),
        }
    }

    /// What becomes of `Authorization`.
    #[must_use]
    pub fn token(&self) -> UpstreamToken {
        self.token
    }

    /// The hosts that it serves; `None` for all.
    #[must_use]
    pub fn hosts(&self) -> Option<&Hosts> {
        self.hosts.as_ref()
    }

    /// The value of `Authorization` for the upstream of a request that is let in with these facts,
    /// having come with these headers; empty for none.
    pub(crate) fn authorization(
        &self,
        presented: &HeaderMap,
        facts: &TokenFacts,
    ) -> Result<HeaderValue, Rejection> {
        match self.token {
            UpstreamToken::Remove => Ok(NOTHING),
            UpstreamToken::Keep => Ok(kept(presented)),
            UpstreamToken::Phantom => full_token(presented, facts),
        }
    }
}

/// An empty value: gateways take the header off.
pub(crate) const NOTHING: HeaderValue = HeaderValue::from_static("");

/// There is exactly one: with any other number the request was refused.
fn kept(presented: &HeaderMap) -> HeaderValue {
    let mut kept = presented
        .get(header::AUTHORIZATION)
        .cloned()
        .unwrap_or(NOTHING);
    kept.set_sensitive(true);
    kept
}

fn full_token(presented: &HeaderMap, facts: &TokenFacts) -> Result<HeaderValue, Rejection> {
    let Some(token) = facts.phantom_token() else {
        return match facts.verified_by() {
            // Nobody had to be asked what it says: it is the full one.
            VerifiedBy::Jwt => Ok(kept(presented)),
            // Somebody was, about a token that was verified here before.
            VerifiedBy::JwtAndIntrospection if names_its_subject(facts) => Ok(kept(presented)),
            _ => Err(Rejection::because(
                Reason::Internal,
                "the upstream takes full JWTs (`authorization = \"phantom\"`), and the issuer gives none along with its answer; in Keycloak set the attribute `client.introspection.response.allow.jwt.claim.enabled` of the client that asks",
            )),
        };
    };
    // One that is bound to a key stays so: nobody is to take it from whoever has not its key.
    let scheme = scheme(presented).unwrap_or("Bearer");
    let mut value =
        HeaderValue::try_from(format!("{scheme} {}", token.as_str())).map_err(|_| {
            Rejection::because(Reason::Internal, "the full JWT cannot stand in a header")
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn scheme(presented: &HeaderMap) -> Option<&str> {
    let value = presented.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.split_once(' ').map(|(scheme, _)| scheme)
}

/// Whether a JWT says whom it is about, which lightweight ones do not.
fn names_its_subject(facts: &TokenFacts) -> bool {
    facts
        .jwt_statement()
        .is_some_and(|jwt| jwt.registered().sub.is_some())
}
