//! Clients that one test alone needs, made while it runs.

use portcullis_keycloak_suite::{Client, Tokens};
use serde_json::{Value, json};

use crate::environment::Environment;

impl Environment {
    /// A front end whose users' tokens are meant for `audience`. Without a secret; `changes` says
    /// what else it has.
    pub(crate) async fn front_end(&self, id: &str, audience: &str, changes: Value) {
        let client = json!({
            "clientId": id,
            "publicClient": true,
            "standardFlowEnabled": false,
            "directAccessGrantsEnabled": true,
            "protocolMappers": [audience_mapper(audience)],
        });
        self.client(client, changes).await;
    }

    /// A client that may introspect, with what `changes` says of how it proves itself, and the
    /// token of a new user for it.
    pub(crate) async fn resource_server(&self, id: &str, changes: Value) -> Tokens {
        let client = json!({
            "clientId": id,
            "publicClient": false,
            "standardFlowEnabled": false,
        });
        self.client(client, changes).await;
        let front_end = format!("web-of-{id}");
        self.front_end(&front_end, id, json!({})).await;
        let user = self.user(&format!("user-of-{id}"), &[]).await;
        self.shop
            .log_in(Client::public(&front_end), &user)
            .await
            .expect("tokens")
    }

    async fn client(&self, mut client: Value, changes: Value) {
        let members = client.as_object_mut().expect("a client");
        members.extend(changes.as_object().expect("changes").clone());
        self.admin.create_client(&client).await.expect("a client");
    }
}

/// A mapper that puts a client into the audience of every access token.
pub(crate) fn audience_mapper(client: &str) -> Value {
    json!({
        "name": format!("audience {client}"),
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {
            "included.client.audience": client,
            "access.token.claim": "true",
            "introspection.token.claim": "true",
            "lightweight.claim": "true",
        },
    })
}
