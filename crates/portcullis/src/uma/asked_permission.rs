use std::{
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Rejection, RequirePermission, Timestamp, TokenFacts, Uma, VerifiedToken};

/// A permission as a requirement of the request that the server was asked for it in: judged on what the
/// token says and on what the server grants its bearer.
#[derive(Debug)]
pub(crate) struct AskedPermission {
    requirement: Arc<RequirePermission>,
    uma: Uma,
    /// What it has granted. Nothing, where it could only be asked something else.
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

    pub(crate) fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        let granted = self.granted().clone();
        let statements = iter::once(facts).chain(granted.as_deref());
        self.requirement.judge_all(statements, now)
    }

    /// Has the server asked again, unless what it said is still kept.
    pub(crate) async fn renew(&self, token: &VerifiedToken) -> Result<(), Rejection> {
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
