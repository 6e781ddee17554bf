//! What becomes of requests. No issuer stands beside these: who sends no token, or a bad one,
//! belongs to none.

use metrics::{Key, Label};

use super::{keys::counter, metric};
use crate::Reason;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestOutcome {
    /// It came with a good token, and no guard refused it.
    Verified,
    /// It came without credentials, and none were insisted on.
    Anonymous,
    /// It was refused, by the layer or by whoever is inside.
    Rejected(Reason),
}

/// A key that is made before the program runs: the way of every good request.
macro_rules! request_key {
    ($outcome:literal) => {{
        static LABELS: [Label; 1] = [Label::from_static_parts("outcome", $outcome)];
        static KEY: Key = Key::from_static_parts(metric::REQUESTS.name, &LABELS);
        &KEY
    }};
}

impl RequestOutcome {
    /// Counts the request.
    pub(crate) fn count(self) {
        let key = match self {
            Self::Verified => request_key!("verified"),
            Self::Anonymous => request_key!("anonymous"),
            Self::Rejected(reason) => {
                counter(&rejection_key(reason)).increment(1);
                request_key!("rejected")
            }
        };
        counter(key).increment(1);
    }
}

/// A layer was made: what it is about to count begins at nought, so that the first of each outcome
/// and reason is seen as an increase.
pub(crate) fn requests_begin() {
    for key in [
        request_key!("verified"),
        request_key!("anonymous"),
        request_key!("rejected"),
    ] {
        counter(key).increment(0);
    }
    for reason in Reason::ALL {
        counter(&rejection_key(*reason)).increment(0);
    }
}

fn rejection_key(reason: Reason) -> Key {
    let labels = vec![Label::from_static_parts("reason", reason.code())];
    Key::from_parts(metric::REJECTIONS.name, labels)
}
