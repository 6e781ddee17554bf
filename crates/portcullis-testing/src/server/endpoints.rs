//! What a test does to the endpoints, and what it learns of them.

use serde_json::{Value, json};

use super::AuthorizationServer;
use crate::{
    endpoints::{Endpoint, WellKnown},
    fault::Fault,
    gate::{Gate, HoldPoint},
    record::RecordedRequest,
};

impl AuthorizationServer {
    /// The URL of an endpoint. Of discovery, that of OpenID Connect.
    #[must_use]
    pub fn url(&self, endpoint: Endpoint) -> String {
        self.state.url(endpoint)
    }

    /// The URL of a well-known document.
    #[must_use]
    pub fn well_known_url(&self, document: WellKnown) -> String {
        match document {
            WellKnown::OpenIdConfiguration => self.state.url(Endpoint::Discovery),
            WellKnown::OAuthAuthorizationServer => {
                format!(
                    "{}/.well-known/oauth-authorization-server{}",
                    self.state.origin, self.state.path
                )
            }
            WellKnown::Uma2Configuration => {
                format!(
                    "{}{}/.well-known/uma2-configuration",
                    self.state.origin, self.state.path
                )
            }
        }
    }

    /// Changes members of all well-known documents; `null` removes one (RFC 7396). Patches add up.
    pub fn patch_discovery(&self, patch: &Value) {
        let mut settings = self.state.discovery.lock();
        if let (Some(known), Some(changes)) = (settings.patch.as_object_mut(), patch.as_object()) {
            known.extend(changes.clone());
        }
    }

    /// Takes back every [`patch_discovery`](Self::patch_discovery).
    pub fn reset_discovery(&self) {
        self.state.discovery.lock().patch = json!({});
    }

    /// Serves a well-known document or answers it with 404.
    pub fn serve_well_known(&self, document: WellKnown, served: bool) {
        let mut settings = self.state.discovery.lock();
        match document {
            WellKnown::OpenIdConfiguration => settings.openid = served,
            WellKnown::OAuthAuthorizationServer => settings.oauth = served,
            WellKnown::Uma2Configuration => settings.uma = served,
        }
    }

    /// Makes an endpoint fail, or answer something of the test's own. Several faults at one
    /// endpoint are taken in their order: the first that fits the request applies.
    pub fn inject(&self, endpoint: Endpoint, fault: Fault) {
        self.state.endpoints.control(endpoint).faults.push(fault);
    }

    /// Lets an endpoint answer honestly again. Requests under way keep their fault.
    pub fn clear_faults(&self, endpoint: Endpoint) {
        self.state.endpoints.control(endpoint).faults.clear();
    }

    /// Holds the requests that arrive at an endpoint from now on, until the gate is released or
    /// dropped. They are counted and recorded when they arrive.
    #[must_use = "a dropped gate holds nothing"]
    pub fn hold(&self, endpoint: Endpoint, point: HoldPoint) -> Gate {
        self.state.endpoints.control(endpoint).gates.hold(point)
    }

    /// How many requests an endpoint has had, faulty and refused ones included.
    #[must_use]
    pub fn request_count(&self, endpoint: Endpoint) -> usize {
        self.state.endpoints.control(endpoint).requests.count()
    }

    /// How many requests the server has had in all.
    #[must_use]
    pub fn total_request_count(&self) -> usize {
        Endpoint::ALL
            .into_iter()
            .map(|endpoint| self.request_count(endpoint))
            .sum()
    }

    /// The requests of an endpoint, oldest first: the last 65 536 of them, and of those no more than fit
    /// into 16 MiB.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        self.state.endpoints.control(endpoint).requests.records()
    }

    /// Returns once an endpoint has had at least `count` requests.
    pub async fn wait_for_requests(&self, endpoint: Endpoint, count: usize) {
        self.state
            .endpoints
            .control(endpoint)
            .requests
            .wait_for(count)
            .await;
    }

    /// Forgets all requests and sets all counters to 0.
    pub fn clear_requests(&self) {
        for endpoint in Endpoint::ALL {
            self.state.endpoints.control(endpoint).requests.clear();
        }
    }
}
