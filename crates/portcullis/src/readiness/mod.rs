//! Whether a service can judge tokens: what an orchestrator asks before it sends requests.

mod cause;

pub use self::cause::Cause;

/// Whether tokens can be judged at the moment.
///
/// A service that is not ready answers 503 to good tokens and should get no requests. One that is
/// degraded works; somebody should look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever answers a probe has to answer for all three, and there is no fourth"
)]
pub enum Readiness {
    /// All is well.
    Ready,
    /// Requests are served, some perhaps by what was learned earlier, or refused with 503.
    Degraded(Vec<Cause>),
    /// No token can be judged.
    NotReady(Vec<Cause>),
}

impl Readiness {
    /// `ready`, `degraded` or `not ready`: what anybody may know.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded(_) => "degraded",
            Self::NotReady(_) => "not ready",
        }
    }

    /// What is wrong. For operators, not for clients.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::Ready => &[],
            Self::Degraded(causes) | Self::NotReady(causes) => causes,
        }
    }

    /// The readiness of a service that needs both: the worse of the two, with the causes of each.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ready, other) | (other, Self::Ready) => other,
            (Self::Degraded(ours), Self::Degraded(theirs)) => Self::Degraded(both(ours, theirs)),
            (
                Self::Degraded(ours) | Self::NotReady(ours),
                Self::Degraded(theirs) | Self::NotReady(theirs),
            ) => Self::NotReady(both(ours, theirs)),
        }
    }
}

/// Each cause once.
fn both(mut ours: Vec<Cause>, theirs: Vec<Cause>) -> Vec<Cause> {
    for cause in theirs {
        if !ours.contains(&cause) {
            ours.push(cause);
        }
    }
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_counts_and_no_cause_is_lost() {
        let degraded = || Readiness::Degraded(vec![Cause::KeysNotRefreshed]);
        let not_ready = || Readiness::NotReady(vec![Cause::KeysNotLoaded]);
        let asks_nobody = || Readiness::Degraded(vec![Cause::IntrospectionSuspended]);

        assert_eq!(Readiness::Ready.and(Readiness::Ready), Readiness::Ready);
        assert_eq!(Readiness::Ready.and(degraded()), degraded());
        assert_eq!(not_ready().and(Readiness::Ready), not_ready());
        let two = vec![Cause::KeysNotRefreshed, Cause::IntrospectionSuspended];
        assert_eq!(degraded().and(asks_nobody()), Readiness::Degraded(two));
        let two = vec![Cause::KeysNotRefreshed, Cause::KeysNotLoaded];
        assert_eq!(degraded().and(not_ready()), Readiness::NotReady(two));
        let two = vec![Cause::KeysNotLoaded, Cause::KeysNotRefreshed];
        assert_eq!(not_ready().and(degraded()), Readiness::NotReady(two));
        assert_eq!(not_ready().and(not_ready()), not_ready());
    }
}
