//! What a test has arranged for each endpoint, and what it has seen.

use std::sync::Arc;

use super::Endpoint;
use crate::{
    fault::FaultQueue,
    gate::{Barrier, Gate, HoldPoint},
    lock::Lock,
    record::RequestLog,
};

#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    discovery: Control,
    jwks: Control,
    token: Control,
    introspection: Control,
    revocation: Control,
    other: Control,
}

#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) requests: RequestLog,
    pub(crate) faults: FaultQueue,
    barriers: Lock<Vec<Arc<Barrier>>>,
}

impl Endpoints {
    pub(crate) fn control(&self, endpoint: Endpoint) -> &Control {
        match endpoint {
            Endpoint::Discovery => &self.discovery,
            Endpoint::Jwks => &self.jwks,
            Endpoint::Token => &self.token,
            Endpoint::Introspection => &self.introspection,
            Endpoint::Revocation => &self.revocation,
            Endpoint::Other => &self.other,
        }
    }
}

impl Control {
    pub(crate) fn hold(&self, point: HoldPoint) -> Gate {
        let gate = Gate::new(point);
        self.barriers.lock().push(gate.barrier());
        gate
    }

    /// The oldest gate that holds a request arriving now.
    pub(crate) fn admitting_barrier(&self) -> Option<Arc<Barrier>> {
        let mut barriers = self.barriers.lock();
        barriers.retain(|barrier| barrier.is_admitting());
        barriers.first().cloned()
    }
}
