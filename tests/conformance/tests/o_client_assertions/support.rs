//! Introspection by a client with assertions, and the assertions as the server had them.

use axum::Router;
use http::StatusCode;
use portcullis::{ClientAuthentication, ClientKey, IssuerBuilder, WithCredentials};
use portcullis_conformance::{World, from_base64url, get, parts, protected};
use portcullis_testing::{Client, Endpoint, RecordedRequest, SigningAlgorithm, SigningKey};
use serde_json::Value;

pub(crate) const ID: &str = "rs client";

/// A world whose client authenticates by assertions under this key alone.
pub(crate) struct Keyed {
    pub(crate) world: World,
    pub(crate) key: SigningKey,
}

impl Keyed {
    pub(crate) async fn start() -> Self {
        Self::with(SigningKey::generate(SigningAlgorithm::ES256)).await
    }

    pub(crate) async fn with(key: SigningKey) -> Self {
        let world = World::start().await;
        world.server.add_client(Client::with_public_key(ID, &key));
        Self { world, key }
    }

    pub(crate) fn client_key(&self) -> ClientKey {
        ClientKey::from_jwk(self.key.private_jwk().to_string()).unwrap()
    }

    pub(crate) fn authentication(&self) -> ClientAuthentication {
        ClientAuthentication::private_key_jwt(ID, self.client_key()).unwrap()
    }

    /// Introspection as this client.
    pub(crate) fn asking(&self, client: ClientAuthentication) -> IssuerBuilder<WithCredentials> {
        self.world.realm().client_authentication(client)
    }

    pub(crate) fn router(&self, client: ClientAuthentication) -> Router {
        protected(self.asking(client).build().unwrap().introspection())
    }

    /// The request for one token, which the server has understood.
    pub(crate) async fn asked(&self, client: ClientAuthentication) -> RecordedRequest {
        asked(&self.world, &self.router(client)).await
    }
}

/// The request for one token, which the server has understood.
pub(crate) async fn asked(world: &World, router: &Router) -> RecordedRequest {
    world.server.clear_requests();
    let reply = get(router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let mut requests = world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// The header of the assertion in a request.
pub(crate) fn header(request: &RecordedRequest) -> Value {
    part(request, 0)
}

/// The claims of the assertion in a request.
pub(crate) fn claims(request: &RecordedRequest) -> Value {
    part(request, 1)
}

fn part(request: &RecordedRequest, index: usize) -> Value {
    let assertion = request.form_value("client_assertion").unwrap();
    serde_json::from_slice(&from_base64url(parts(&assertion)[index])).unwrap()
}
