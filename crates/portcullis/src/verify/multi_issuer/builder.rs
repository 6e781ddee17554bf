use std::{collections::HashMap, fmt, sync::Arc};

use super::{MultiIssuerVerifier, tenants::Tenants, verifier::Members};
use crate::{CanAsk, Clock, ConfigError, Issuer, SystemClock, TokenVerifier};

/// What a [`MultiIssuerVerifier`] is made of.
#[must_use]
pub struct MultiIssuerBuilder {
    members: Vec<(Arc<str>, Arc<dyn TokenVerifier>)>,
    opaque: Option<Arc<str>>,
    tenants: Option<Tenants>,
    clock: Option<Arc<dyn Clock>>,
}

impl MultiIssuerBuilder {
    pub(super) fn new() -> Self {
        Self {
            members: Vec::new(),
            opaque: None,
            tenants: None,
            clock: None,
        }
    }

    /// JWTs of this issuer are verified here; nobody is asked about them.
    pub fn local<A>(self, issuer: &Issuer<A>) -> Self {
        self.member(issuer.identifier(), issuer.jwt())
    }

    /// JWTs of this issuer are verified here, and it is asked where a route wants a live answer or
    /// a token is opaque.
    pub fn hybrid(self, issuer: &Issuer<CanAsk>) -> Self {
        self.member(issuer.identifier(), issuer.hybrid())
    }

    /// This issuer is asked about every token of its own.
    pub fn introspect(self, issuer: &Issuer<CanAsk>) -> Self {
        self.member(issuer.identifier(), issuer.introspection())
    }

    /// A verifier of your own for tokens of this issuer, or one with settings of its own.
    pub fn member(mut self, issuer: &str, verifier: impl TokenVerifier) -> Self {
        self.members.push((issuer.into(), Arc::new(verifier)));
        self
    }

    /// Opaque tokens are this issuer's, where the place that they are found in names none. Without
    /// it they are refused. It alone is ever asked about them: a token is a secret between its
    /// client and its issuer.
    pub fn opaque_tokens_of(mut self, issuer: &str) -> Self {
        self.opaque = Some(issuer.into());
        self
    }

    /// Issuers that are known only when their tokens come, such as a realm for each tenant:
    /// `admit` is given an issuer that is none of the others and gives its verifier, or `None` for
    /// one that is not on your list. **It is the list.** It is called with whatever the request
    /// says, before any signature was looked at, so it must neither wait nor call out; an
    /// [`Issuer`] that is [built](crate::IssuerBuilder::build) does not.
    ///
    /// At most `limit` of them are kept, the ones last used, with their keys and all they know; an
    /// issuer that was let go begins anew with its next token, which fetches its metadata and keys.
    /// **Let the limit be no smaller than your list**: otherwise a stranger who names one tenant
    /// after the other, in tokens that nobody has signed, drives the others out.
    /// Each has a memory of its own, so what [`IssuerBuilder`](crate::IssuerBuilder) says of bytes counts
    /// for each.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use portcullis::{MultiIssuerVerifier, Realm, TokenVerifier};
    ///
    /// let verifier = MultiIssuerVerifier::builder()
    ///     .tenants(100, |issuer| {
    ///         let tenant = issuer.strip_prefix("https://id.example.com/realms/")?;
    ///         let is_ours = ["acme", "umbrella"].contains(&tenant);
    ///         let realm = is_ours.then(|| Realm::new(issuer).ok()?.audience("orders-api").build().ok())??;
    ///         Some(Arc::new(realm.jwt()) as Arc<dyn TokenVerifier>)
    ///     })
    ///     .build()?;
    /// # Ok::<(), portcullis::ConfigError>(())
    /// ```
    pub fn tenants(
        mut self,
        limit: usize,
        admit: impl Fn(&str) -> Option<Arc<dyn TokenVerifier>> + Send + Sync + 'static,
    ) -> Self {
        self.tenants = Some(Tenants::new(limit, admit));
        self
    }

    /// The clock of all the issuers, which has to be one; that of the first unless set, and the
    /// system's where there are only [`tenants`](Self::tenants).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The verifier.
    ///
    /// # Errors
    /// When there is no issuer, one is there twice, or opaque tokens are to be those of one that
    /// is not there.
    pub fn build(self) -> Result<MultiIssuerVerifier, ConfigError> {
        let refused = |problem: String, cure| Err(ConfigError::new("issuers", problem, cure));
        let first = self.members.first().map(|(_, verifier)| verifier.clock());
        let clock = self
            .clock
            .or(first)
            .unwrap_or_else(|| Arc::new(SystemClock));
        let mut members: Members = HashMap::new();
        for (issuer, verifier) in self.members {
            if members.insert(issuer.clone(), verifier).is_some() {
                let problem = format!("the issuer {issuer:?} is there twice");
                return refused(problem, "give each one way of verifying");
            }
        }
        if members.is_empty() && self.tenants.is_none() {
            return refused("there is no issuer".to_owned(), "add at least one");
        }
        if let Some(issuer) = &self.opaque
            && !members.contains_key(issuer)
        {
            let problem =
                format!("opaque tokens are to be those of {issuer:?}, which is not there");
            return refused(problem, "add that issuer, spelled the same");
        }
        Ok(MultiIssuerVerifier {
            members: Arc::new(members),
            opaque: self.opaque,
            tenants: self.tenants,
            clock,
        })
    }
}

impl fmt::Debug for MultiIssuerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.members.iter().map(|(issuer, _)| issuer);
        f.debug_list().entries(issuers).finish()
    }
}
