//! The development mode, in which answers say why a request is refused.

use std::{env, ffi::OsStr};

use super::{Issuer, IssuerBuilder};
use crate::{Cause, Readiness, TokenVerifier};

/// Without it no release build says why.
const VARIABLE: &str = "PORTCULLIS_EXPOSE_DIAGNOSIS";

/// What becomes of the wish that answers say why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Nobody wishes it.
    Unwanted,
    /// They do.
    InEffect,
    /// They do not: this is a release build, and its environment does not agree.
    Withheld,
}

impl Exposure {
    /// Looks at this build and its environment, once.
    pub(super) fn of(is_wanted: bool) -> Self {
        if !is_wanted {
            return Self::Unwanted;
        }
        Self::decide(cfg!(debug_assertions), env::var_os(VARIABLE).as_deref())
    }

    fn decide(is_debug_build: bool, variable: Option<&OsStr>) -> Self {
        if is_debug_build || variable == Some(OsStr::new("1")) {
            Self::InEffect
        } else {
            Self::Withheld
        }
    }

    /// Tells the operator, at each start.
    pub(super) fn tell(self, issuer: &str) {
        match self {
            Self::Unwanted => {}
            Self::InEffect => tracing::warn!(
                target: "portcullis::issuer",
                issuer,
                "DEVELOPMENT MODE: answers tell clients why their requests are refused; take out `danger_expose_diagnosis()` before anybody else can reach this service"
            ),
            Self::Withheld => tracing::error!(
                target: "portcullis::issuer",
                issuer,
                "`danger_expose_diagnosis()` is not in effect: in a release build it also needs the environment variable `{VARIABLE}=1`; take it out, or set that where nobody else can reach this service"
            ),
        }
    }
}

impl<A> IssuerBuilder<A> {
    /// **For development only**: tells clients why their requests are refused. The JSON body of each
    /// refusal then has a `diagnosis` with the [`Diagnosis`](crate::Diagnosis)' fixed text (`reason`,
    /// `explanation`, `settings`, `cure`), and every refusal, whatever its body, has the header
    /// `x-portcullis-development: 1`. A gRPC answer has the header and nothing else of it.
    ///
    /// Status, challenge and log stay as they are, and nothing is said of the token or of what is
    /// configured. Of a JWT it is told what it claims wrongly (issuer, audience, client, time, kind,
    /// binding) only if a key that is here has signed it: no request has anything fetched to find that out,
    /// and each such refusal costs the check of a signature. So in this mode the keys are fetched by
    /// `build` already, in the background of the tokio runtime that it is called on, and a bad token waits
    /// for that fetch; without a runtime `connect` fetches them, or the readiness, or the first good token.
    /// Of any other token the reason is `unverified`, and the
    /// text is the same for all of them; the log says which it was. It helps attackers all the same: do
    /// not let strangers reach it.
    ///
    /// In a release build, which is one without debug assertions, it takes effect only if the environment variable
    /// `PORTCULLIS_EXPOSE_DIAGNOSIS` is `1` when the issuer is built, and is an error in the log
    /// otherwise. Where it is in effect each start warns, and the readiness is
    /// [`Degraded`](Cause::DiagnosisExposed). A layer for several issuers does so only if all of them
    /// do, see [`TokenVerifier::exposes_diagnosis`].
    pub fn danger_expose_diagnosis(self) -> Self {
        self.with(|settings| settings.exposes_diagnosis = true)
    }
}

impl<A> Issuer<A> {
    /// In the mode, the keys by which it is told who has signed a token are fetched before the first one
    /// comes, since none is fetched for a bad one. In the background, if there is a tokio runtime.
    pub(super) fn fetch_keys_for_development(&self) {
        if self.jwt.exposes_diagnosis() {
            self.keys.freshen();
        }
    }

    /// Whether clients are told more than they should be in service.
    pub(super) fn exposure(&self) -> Readiness {
        if self.jwt.exposes_diagnosis() {
            Readiness::Degraded(vec![Cause::DiagnosisExposed])
        } else {
            Readiness::Ready
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_build_also_needs_the_variable_and_no_other_value_of_it() {
        let release = |variable: Option<&str>| Exposure::decide(false, variable.map(OsStr::new));
        assert_eq!(release(Some("1")), Exposure::InEffect);
        for other in [
            None,
            Some(""),
            Some("0"),
            Some("true"),
            Some("11"),
            Some(" 1"),
        ] {
            assert_eq!(release(other), Exposure::Withheld, "{other:?}");
        }
    }

    #[test]
    fn a_debug_build_needs_nothing_else_and_no_build_does_it_unasked() {
        for variable in [None, Some("0")] {
            let debug = Exposure::decide(true, variable.map(OsStr::new));
            assert_eq!(debug, Exposure::InEffect);
        }
        assert_eq!(Exposure::of(false), Exposure::Unwanted);
    }
}
