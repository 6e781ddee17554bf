//! What a test has arranged for each endpoint, and what it has seen.

use super::Endpoint;
use crate::{fault::FaultQueue, gate::Barriers, record::RequestLog};

#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    discovery: Control,
    jwks: Control,
    token: Control,
    introspection: Control,
    revocation: Control,
    logout: Control,
    realm: Control,
    permission: Control,
    security_events: Control,
    other: Control,
}

#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) requests: RequestLog,
    pub(crate) faults: FaultQueue,
    pub(crate) gates: Barriers,
}

impl Endpoints {
    pub(crate) fn control(&self, endpoint: Endpoint) -> &Control {
        match endpoint {
            Endpoint::Discovery => &self.discovery,
            Endpoint::Jwks => &self.jwks,
            Endpoint::Token => &self.token,
            Endpoint::Introspection => &self.introspection,
            Endpoint::Revocation => &self.revocation,
            Endpoint::Logout => &self.logout,
            Endpoint::Realm => &self.realm,
            Endpoint::Permission => &self.permission,
            Endpoint::SecurityEvents => &self.security_events,
            Endpoint::Other => &self.other,
        }
    }
}
