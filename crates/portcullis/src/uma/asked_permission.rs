use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Rejection, RequirePermission, Requirement, Timestamp, TokenFacts, Uma, VerifiedToken};

/// A permission as a requirement of a request in which the server may be asked for it: judged on what
/// the token says, or else on what the server grants its bearer.
#[derive(Debug)]
pub(crate) struct AskedPermission {
    requirement: Arc<RequirePermission>,
    uma: Uma,
    /// What it has granted. Nothing, where the token says enough, and where it could only be asked
    /// something else.
    granted: Mutex<Option<Arc<TokenFacts>>>,
}

impl AskedPermission {
    pub(super) fn new(
        requirement: Arc<RequirePermission>,
        uma: Uma,
        granted: Option<Arc<TokenFacts>>,
    ) -> Self {
        Self {
            requirement,
            uma,
            granted: Mutex::new(granted),
        }
    }

    /// Either has to be enough alone: the server was asked for all scopes, so what it has left out it
    /// grants no longer, whatever the token says from before that.
    pub(crate) fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        let by_token = self.requirement.judge(facts, now);
        match &*self.granted() {
            Some(granted) if by_token.is_err() => self.requirement.judge(granted, now),
            _ => by_token,
        }
    }

    /// Has the server asked where the newest statement about the token does not say it, unless what it
    /// said is still kept.
    pub(crate) async fn renew(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        if self.requirement.judge(&token.facts(), token.now()).is_ok() {
            // By now that is older.
            *self.granted() = None;
            return Ok(());
        }
        let renewed = self.uma.granted(token, &self.requirement).await?;
        let mut granted = self.granted();
        let asked_at = |facts: &Option<Arc<TokenFacts>>| facts.as_ref()?.asked_at();
        if asked_at(&renewed) >= asked_at(&granted) {
            *granted = renewed;
        }
        Ok(())
    }

    pub(crate) fn is_about_same(&self, other: &Self) -> bool {
        self.requirement == other.requirement && self.uma.is_same(&other.uma)
    }

    fn granted(&self) -> MutexGuard<'_, Option<Arc<TokenFacts>>> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
