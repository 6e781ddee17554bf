use std::{borrow::Cow, fmt};

use super::Reason;

/// Why a request is refused, for whoever runs the service: what was found, the settings that bear on
/// it, and what to do first.
///
/// All of that is fixed text that belongs to the [`Reason`], and may be shown in a development mode
/// ([`IssuerBuilder::danger_expose_diagnosis`](crate::IssuerBuilder::danger_expose_diagnosis)), where
/// [`Rejection::exposes_diagnosis`](crate::Rejection::exposes_diagnosis) says so. It says nothing of the
/// token, and nothing of the configuration but names. [`detail`](Self::detail) says more, and is for
/// logs alone. Displayed, it is the fixed text.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    reason: Reason,
    detail: Cow<'static, str>,
}

impl Diagnosis {
    pub(super) fn new(reason: Reason, detail: Cow<'static, str>) -> Self {
        Self { reason, detail }
    }

    /// What it is about.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What was found; see [`Reason::explanation`].
    #[must_use]
    pub fn explanation(&self) -> &'static str {
        self.reason.explanation()
    }

    /// The names of settings and types that bear on it; see [`Reason::settings`].
    #[must_use]
    pub fn settings(&self) -> &'static [&'static str] {
        self.reason.settings()
    }

    /// What to do first; see [`Reason::cure`].
    #[must_use]
    pub fn cure(&self) -> &'static str {
        self.reason.cure()
    }

    /// What is known of this very request; empty where that is nothing. **For logs, never for a
    /// client**: it may name what is configured and what the authorization server has said.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What the log says.
    pub(super) fn line(&self) -> &str {
        if self.detail.is_empty() {
            return self.explanation();
        }
        &self.detail
    }

    /// The same with the route in front that it is about.
    pub(super) fn on_route(&mut self, route: &str) {
        self.detail = format!("{route:?}: {}", self.detail).into();
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.explanation(), self.cure())
    }
}
