//! What an issuer is told of the lists in which the status of its tokens stands.

use std::sync::Arc;

use super::{IssuerBuilder, settings::Settings};
use crate::{
    ConfigError, StatusLists,
    discovery::Discovery,
    jwks::SignedText,
    revocation::{ListRules, Signatory, StatusCheck},
    telemetry::StatusListTelemetry,
};

impl<A> IssuerBuilder<A> {
    /// Looks up the status of each token that names a status list (`status`,
    /// draft-ietf-oauth-status-list), on every request and after everything else about it was found
    /// good: one that is listed as invalid or suspended is refused.
    ///
    /// What is listed shows when the list is fetched again (its `ttl`, between 10 seconds and an
    /// hour; five minutes where it does not say). Where it cannot be had: 503. Lists of up to 8 MiB as
    /// they are sent, and 16 MiB unpacked, are taken; the 4096 that were needed last are kept, as far
    /// as there is [room](StatusLists::max_bytes).
    ///
    /// A `status` that is no reference to a list is refused, whatever it means to the server: for one
    /// that gives the claim another meaning leave this out. Without it the claim is ignored.
    pub fn status_lists(self, lists: StatusLists) -> Self {
        self.with(|settings| settings.status_lists = Some(lists))
    }
}

impl Settings {
    pub(super) fn status_check(
        &self,
        discovery: &Arc<Discovery>,
        signatory: &Signatory,
    ) -> Result<Option<Arc<StatusCheck>>, ConfigError> {
        let Some(lists) = &self.status_lists else {
            return Ok(None);
        };
        let allowed = lists.allowed(&self.issuer, self.allows_http)?;
        let rules = ListRules {
            discovery: discovery.clone(),
            signatory: Signatory {
                text: SignedText::StatusList,
                ..signatory.clone()
            },
            leeway: self.leeway,
            max_bytes: lists.room()?,
            turns: ListRules::turns(),
            telemetry: StatusListTelemetry::new(&self.issuer),
        };
        Ok(Some(Arc::new(StatusCheck::new(rules, allowed))))
    }
}
