use std::{fmt, sync::Arc};

use super::{
    document::ListRules,
    shelf::Shelf,
    source::{ListSource, StatusFetch},
};
use crate::{
    Reason, Rejection,
    claims::{RegisteredClaims, TokenStatus},
    http_client::ServerUrl,
    telemetry::StatusOutcome,
};

/// Looks up what an issuer's status lists say of its tokens: one more source of facts, asked on
/// every request when everything else about the token was found good.
pub(crate) struct StatusCheck {
    rules: Arc<ListRules>,
    /// The places that lists may be fetched from.
    allowed: Vec<ServerUrl>,
    shelf: Arc<Shelf>,
}

impl StatusCheck {
    pub(crate) fn new(rules: ListRules, allowed: Vec<ServerUrl>) -> Self {
        let rules = Arc::new(rules);
        let shelf = Arc::new(Shelf::new(rules.clone()));
        Self {
            rules,
            allowed,
            shelf,
        }
    }

    /// The verdict on a token that says this; where its list has to be fetched first, that.
    pub(crate) fn look_up(
        &self,
        claims: &RegisteredClaims,
    ) -> Result<Option<StatusFetch>, Rejection> {
        let Some(status) = &claims.status else {
            return Ok(None);
        };
        let looked_up = match status {
            TokenStatus::Listed { index, uri } => self
                .list(uri)
                .and_then(|list| list.look_up(*index, claims.iat)),
            TokenStatus::NotUnderstood => Err(Rejection::because(
                Reason::MalformedClaims,
                "its `status` is no reference to a status list: `{\"status_list\":{\"idx\":..,\"uri\":..}}`",
            )
            // Nobody looks for the status of any other.
            .of_verified_token()),
        };
        self.rules.telemetry.lookup(match &looked_up {
            Ok(None) => StatusOutcome::Valid,
            Ok(Some(_)) => StatusOutcome::Awaited,
            Err(rejection) if rejection.is_verdict() => StatusOutcome::Refused,
            Err(_) => StatusOutcome::Unavailable,
        });
        looked_up
    }

    fn list(&self, uri: &str) -> Result<Arc<ListSource>, Rejection> {
        self.shelf.find(uri, || {
            let here = self.locate(uri)?;
            Ok(ListSource::new(uri, here, self.rules.clone(), &self.shelf))
        })
    }

    /// Where the list is reached from here, if it may be fetched.
    fn locate(&self, uri: &str) -> Result<ServerUrl, Rejection> {
        let discovery = &self.rules.discovery;
        let parse = |uri: &str| ServerUrl::parse(uri, discovery.allows_http).ok();
        let is_allowed = |address: &ServerUrl| {
            self.allowed
                .iter()
                .any(|place| address.is_at_or_below(place))
        };
        parse(uri)
            .filter(is_allowed)
            .and_then(|address| parse(&discovery.reached_by(address.as_str())))
            .ok_or_else(|| {
                Rejection::because(
                    Reason::StatusNotValid,
                    "its status list is at a place that lists may not be fetched from; if it is right, say `StatusLists::at_issuer().or_at(..)`",
                )
            })
    }
}

impl fmt::Debug for StatusCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusCheck")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
