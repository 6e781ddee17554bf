//! What a builder says when it is given a configuration that is contradictory or unsafe.

use std::borrow::Cow;

/// A configuration that Portcullis refuses, with what to write instead.
///
/// Returned when something is built, never while a request is served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}`: {problem}; {cure}")]
pub struct ConfigError {
    setting: &'static str,
    problem: Cow<'static, str>,
    cure: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn new(
        setting: &'static str,
        problem: impl Into<Cow<'static, str>>,
        cure: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            setting,
            problem: problem.into(),
            cure: cure.into(),
        }
    }

    /// The name of the builder method whose value is refused.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}
