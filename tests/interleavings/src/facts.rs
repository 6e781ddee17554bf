//! What stands here for what is known of tokens.

use std::borrow::Cow;

/// What a call has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// When the call began, see [`crate::order`].
    pub(crate) began: u64,
}

pub(crate) type Answer = Result<Facts, Rejection>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reason: Reason,
    pub(crate) detail: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    IssuerUnreachable,
    IssuerTimeout,
    Internal,
}

impl Rejection {
    pub(crate) fn because(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}
