//! Without the feature no issuer has status lists.

use crate::{Rejection, claims::RegisteredClaims};

#[derive(Debug)]
pub(crate) enum StatusCheck {}

#[derive(Debug, Clone)]
pub(crate) enum StatusFetch {}

impl StatusCheck {
    pub(crate) fn look_up(&self, _: &RegisteredClaims) -> Result<Option<StatusFetch>, Rejection> {
        match *self {}
    }
}

impl StatusFetch {
    #[expect(clippy::unused_async, reason = "that of the feature waits")]
    pub(crate) async fn landed(self) -> Result<(), Rejection> {
        match self {}
    }
}
