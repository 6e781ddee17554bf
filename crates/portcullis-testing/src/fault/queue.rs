//! The faults waiting at one endpoint.

use super::Fault;
use crate::lock::Lock;

/// The first fault that fits a request is taken; one that has been used up makes room.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue(Lock<Vec<Fault>>);

impl FaultQueue {
    pub(crate) fn push(&self, fault: Fault) {
        self.0.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// The fault for a request about `token`.
    pub(crate) fn take(&self, token: Option<&str>) -> Option<Fault> {
        let mut faults = self.0.lock();
        faults.retain(|fault| fault.remaining != Some(0));
        let fault = faults
            .iter_mut()
            .find(|fault| fault.token.is_none() || fault.token.as_deref() == token)?;
        if let Some(remaining) = &mut fault.remaining {
            *remaining -= 1;
        }
        Some(fault.clone())
    }

    pub(crate) fn needs_token(&self) -> bool {
        self.0.lock().iter().any(|fault| fault.token.is_some())
    }
}
