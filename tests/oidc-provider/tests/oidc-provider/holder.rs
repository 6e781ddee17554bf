//! A client that holds a key.

use portcullis_testing::{AuthorizationServer, DpopProofBuilder, SigningAlgorithm, SigningKey};

use crate::world::World;

pub(crate) struct Holder {
    pub(crate) key: SigningKey,
    /// Makes proofs, and is asked for nothing else.
    notary: AuthorizationServer,
}

impl Holder {
    pub(crate) async fn of(algorithm: SigningAlgorithm) -> Self {
        Self {
            key: SigningKey::generate(algorithm),
            notary: AuthorizationServer::start().await.unwrap(),
        }
    }

    /// A proof for a request (RFC 9449 §4.2).
    pub(crate) fn proof(&self, method: &str, url: &str) -> DpopProofBuilder {
        self.notary.dpop_proof(&self.key, method, url)
    }

    /// A token of the shop itself that is bound to the key.
    pub(crate) async fn token(&self, world: &World, resource: &str) -> String {
        let proof = |nonce: Option<&str>| {
            let proof = self.proof("POST", &world.shop.token_endpoint());
            match nonce {
                Some(nonce) => proof.nonce(nonce).jwt(),
                None => proof.jwt(),
            }
        };
        let token = world.shop.dpop_bound_token(resource, "read", proof);
        token.await.unwrap()
    }
}
