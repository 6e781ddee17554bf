use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use portcullis::{Reason, Rejection};

/// Calls of methods that the table does not list. Whoever has forgotten a line is told, and nobody can use
/// that up or fill the log by calling what there is not.
#[derive(Debug, Default)]
pub(super) struct Unlisted {
    /// Whether a service that is listed, or a method of which is, has been told of.
    services: HashMap<Box<str>, AtomicBool>,
    /// How often others were called.
    elsewhere: AtomicU64,
}

impl Unlisted {
    /// Notes the service that a line of the table is about.
    pub(super) fn knows_service_of(&mut self, name: &str) {
        let service = name.split('/').next().unwrap_or(name);
        self.services.entry(service.into()).or_default();
    }

    /// Why a call of such a method is refused.
    pub(super) fn refusal(&self, path: &str) -> Rejection {
        self.tell(path);
        Rejection::because(
            Reason::RequirementNotMet,
            format!("{path:?} is not listed in the table of methods"),
        )
    }

    fn tell(&self, method: &str) {
        let service = method.trim_start_matches('/').split('/').next();
        match service.and_then(|service| self.services.get(service)) {
            Some(has_told) => {
                if !has_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(target: "portcullis::methods", ?method, "a method was called that the table of methods does not list, and is refused, as others of its service are from now on without a further word: add a line, `.guard(..)` or `.exempt(..)`, or say what `.others(..)` want");
                }
            }
            None => {
                // Ever more seldom.
                let calls = self.elsewhere.fetch_add(1, Ordering::Relaxed) + 1;
                if calls.is_power_of_two() {
                    tracing::warn!(target: "portcullis::methods", ?method, calls, "a service was called of which the table of methods lists nothing, and is refused: add a line where it is yours, `.guard(..)` or `.exempt(..)`, or say what `.others(..)` want");
                }
            }
        }
    }
}
