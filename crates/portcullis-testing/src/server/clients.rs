//! What a test does to the clients, and to the ways in which they show who they are.

use super::AuthorizationServer;
use crate::clients::{AuthenticationMethod, Client};

impl AuthorizationServer {
    /// Adds a client, or replaces the one with the same id: a renewed secret.
    pub fn add_client(&self, client: Client) {
        self.state.add_client(client);
    }

    /// Forgets a client; its credentials are refused from now on.
    pub fn remove_client(&self, id: &str) {
        self.state.clients.lock().remove(id);
    }

    /// The authentication methods that the server offers; all of them unless set. Discovery names
    /// them, and every other is refused with `invalid_client`. A document that says something else
    /// than what is so comes from [`patch_discovery`](Self::patch_discovery).
    pub fn set_authentication_methods(
        &self,
        methods: impl IntoIterator<Item = AuthenticationMethod>,
    ) {
        self.state.policy.lock().methods = methods.into_iter().collect();
    }

    /// Takes assertions whose audience is an endpoint of the server, and audiences in arrays, as
    /// old servers do. Off unless called: the issuer alone, as a string.
    pub fn accept_endpoint_audiences(&self, accepted: bool) {
        self.state.policy.lock().endpoint_audiences = accepted;
    }

    /// Lets an access token of the server with this scope introspect, RFC 7662 section 2.1. The
    /// caller is the known client that the token was issued to. `None` refuses every such token
    /// with 401, as it is from the start.
    pub fn set_bearer_introspection(&self, scope: Option<&str>) {
        self.state.policy.lock().introspection_scope = scope.map(str::to_owned);
    }

    /// Signs introspection answers (RFC 9701) for every client that accepts them: with RS256, or
    /// with the client's [own algorithm](Client::introspection_signing_algorithm). Off unless
    /// called: only clients with such an algorithm get them, the others get JSON.
    pub fn set_signed_introspection(&self, signed: bool) {
        self.state.policy.lock().signed_introspection = signed;
    }
}
