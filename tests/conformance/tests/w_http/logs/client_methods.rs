//! Clients that prove who they are by an assertion or by an access token of their own.

use std::time::Duration;

use portcullis::{
    AccessToken, CanAsk, ClientAuthentication, ClientKey, Issuer, IssuerBuilder, WithCredentials,
};
use portcullis_testing::{Client, Endpoint, SigningAlgorithm, SigningKey};

use super::scene::{ID, Scene};

/// Long enough to be a key of HS256, and with characters that look different once encoded.
pub(super) const LONG_SECRET: &str = "p@ss:w%rd+/é-of-more-than-thirty-two-bytes";
const SCOPE: &str = "introspect";
const DAY: Duration = Duration::from_secs(86_400);

/// A scene with a client for each method, and all that proves who they are in its secrets.
pub(super) struct Methods {
    pub(super) clients: Vec<(&'static str, ClientAuthentication)>,
    /// The access token that `bearer` introspects with.
    pub(super) own_token: String,
}

impl Methods {
    pub(super) fn of(scene: &mut Scene) -> Self {
        let server = &scene.world.server;
        server.set_bearer_introspection(Some(SCOPE));
        server.add_client(Client::new("secret-jwt", LONG_SECRET));
        let elliptic = SigningKey::generate(SigningAlgorithm::ES256);
        server.add_client(Client::with_public_key("by-pem", &elliptic));
        let rsa = SigningKey::generate(SigningAlgorithm::RS256);
        server.add_client(Client::with_public_key("by-jwk", &rsa));
        let own = || server.token().client(ID).scope(SCOPE).expires_in(DAY);
        let (own_token, supplied) = (own().opaque(), own().jwt());

        scene.secrets.client("secret-jwt", LONG_SECRET);
        scene.secrets.bytes(LONG_SECRET.as_bytes());
        scene.secrets.signing_key(&elliptic);
        scene.secrets.signing_key(&rsa);
        scene.secrets.token(&own_token);
        scene.secrets.token(&supplied);

        let pem = ClientKey::from_pem(elliptic.private_key_pem()).unwrap();
        let jwk = ClientKey::from_jwk(rsa.private_jwk().to_string()).unwrap();
        let clients = [
            (
                "client_secret_jwt",
                ClientAuthentication::client_secret_jwt("secret-jwt", LONG_SECRET),
            ),
            (
                "private_key_jwt by PEM",
                ClientAuthentication::private_key_jwt("by-pem", pem.key_id(elliptic.key_id())),
            ),
            (
                "private_key_jwt by JWK",
                ClientAuthentication::private_key_jwt("by-jwk", jwk),
            ),
            ("bearer", ClientAuthentication::bearer(&own_token)),
            (
                "bearer_from",
                Ok(ClientAuthentication::bearer_from(move || {
                    let token = AccessToken::new(&supplied);
                    async move { token }
                })),
            ),
        ];
        Self {
            clients: clients.map(|(name, client)| (name, client.unwrap())).into(),
            own_token,
        }
    }
}

impl Scene {
    pub(super) fn asking_by(
        &self,
        client: &ClientAuthentication,
    ) -> IssuerBuilder<WithCredentials> {
        self.world.realm().client_authentication(client.clone())
    }

    pub(super) fn issuer_by(&self, client: &ClientAuthentication) -> Issuer<CanAsk> {
        self.asking_by(client).build().unwrap()
    }

    /// Takes what the server was really sent into the secrets: each assertion, each header.
    /// How many requests there were.
    pub(super) fn note_what_was_sent(&mut self) -> usize {
        let requests = self.world.server.requests(Endpoint::Introspection);
        for request in &requests {
            let assertion = request.form_value("client_assertion");
            let header = request.header("authorization");
            let credentials = header.and_then(|header| header.split_once(' '));
            let credentials = credentials.map(|(_, credentials)| credentials.to_owned());
            let proofs: Vec<_> = assertion.into_iter().chain(credentials).collect();
            assert!(!proofs.is_empty(), "nobody says who asks: {request:?}");
            for proof in proofs {
                self.secrets.token(&proof);
            }
        }
        requests.len()
    }
}
