//! A user's client that holds a key, and asks for tokens that are bound to it.

use portcullis_keycloak_suite::{Client, Realm, SuiteError, Tokens, User};
use portcullis_testing::{AuthorizationServer, DpopProofBuilder, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::environment::{Environment, ORDERS_API};

pub(crate) struct Holder {
    pub(crate) key: SigningKey,
    pub(crate) client: Client<'static>,
    pub(crate) user: User,
    shop: &'static Realm,
    /// Makes proofs, and is asked for nothing else.
    notary: AuthorizationServer,
}

impl Holder {
    /// A front end that has to bind its tokens, and a user of it.
    pub(crate) async fn set(env: &'static Environment, id: &'static str) -> Self {
        Self::with(env, id, json!({ "dpop.bound.access.tokens": "true" })).await
    }

    /// The same with these attributes of the front end.
    pub(crate) async fn with(
        env: &'static Environment,
        id: &'static str,
        attributes: Value,
    ) -> Self {
        env.front_end(id, ORDERS_API.id, json!({ "attributes": attributes }))
            .await;
        Self {
            key: SigningKey::generate(SigningAlgorithm::ES256),
            client: Client::public(id),
            user: env.user(&format!("user-of-{id}"), &[]).await,
            shop: &env.shop,
            notary: AuthorizationServer::start().await.unwrap(),
        }
    }

    /// A proof for a request (RFC 9449 §4.2).
    pub(crate) fn proof(&self, method: &str, url: &str) -> DpopProofBuilder {
        self.proof_by(&self.key, method, url)
    }

    /// The same by another key.
    pub(crate) fn proof_by(&self, key: &SigningKey, method: &str, url: &str) -> DpopProofBuilder {
        self.notary.dpop_proof(key, method, url)
    }

    /// A proof for the token endpoint.
    pub(crate) fn token_proof(&self) -> DpopProofBuilder {
        self.proof("POST", &self.shop.token_endpoint())
    }

    pub(crate) async fn log_in(&self) -> Tokens {
        self.try_to_log_in(&self.token_proof().jwt()).await.unwrap()
    }

    pub(crate) async fn try_to_log_in(&self, proof: &str) -> Result<Tokens, SuiteError> {
        let tokens = self.shop.log_in_with_proof(self.client, &self.user, proof);
        tokens.await
    }

    /// What stands in `cnf` of the tokens. The second member is Keycloak's own.
    pub(crate) fn confirmation(&self) -> Value {
        json!({ "jkt": self.key.thumbprint(), "kc-jkt-type": "DPoP" })
    }
}
