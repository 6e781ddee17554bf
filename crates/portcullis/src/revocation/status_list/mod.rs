//! Token Status Lists (draft-ietf-oauth-status-list): the issuer publishes a long list of small numbers,
//! and each token says which of them is its own.

#[cfg(not(feature = "status-list"))]
mod absent;
#[cfg(feature = "status-list")]
mod check;
#[cfg(feature = "status-list")]
mod document;
#[cfg(feature = "status-list")]
mod kept;
#[cfg(feature = "status-list")]
mod list;
#[cfg(feature = "status-list")]
mod places;
#[cfg(feature = "status-list")]
mod shelf;
#[cfg(feature = "status-list")]
mod source;
#[cfg(feature = "status-list")]
mod statuses;

#[cfg(not(feature = "status-list"))]
pub(crate) use self::absent::{StatusCheck, StatusFetch};
#[cfg(feature = "status-list")]
pub use self::places::StatusLists;
#[cfg(feature = "status-list")]
pub(crate) use self::{check::StatusCheck, document::ListRules, source::StatusFetch};
