use portcullis_keycloak_suite::{Client, Realm, RealmAdmin, Tokens, User, payload_of};
use serde_json::{Value, json};

use crate::{
    environment::{Environment, ORDERS_API},
    receiver::{Message, Receiver},
};

/// A front end that one test alone has, which is told of logouts, and a user of it.
pub(super) struct Scene {
    pub(super) shop: &'static Realm,
    pub(super) admin: &'static RealmAdmin,
    pub(super) front_end: Client<'static>,
    pub(super) user: User,
    pub(super) receiver: Receiver,
}

impl Scene {
    pub(super) async fn set(env: &'static Environment, id: &'static str) -> Self {
        Self::with(env, id, json!({})).await
    }

    /// With attributes of the client that are not as usual.
    pub(super) async fn with(
        env: &'static Environment,
        id: &'static str,
        attributes: Value,
    ) -> Self {
        let receiver = Receiver::start().await;
        let mut usual = json!({
            "backchannel.logout.url": receiver.logout_url(),
            "backchannel.logout.session.required": "true",
        });
        let members = usual.as_object_mut().unwrap();
        members.extend(attributes.as_object().unwrap().clone());
        env.front_end(id, ORDERS_API.id, json!({ "attributes": usual }))
            .await;
        Self {
            shop: &env.shop,
            admin: &env.admin,
            front_end: Client::public(id),
            user: env.user(&format!("user-of-{id}"), &[]).await,
            receiver,
        }
    }

    pub(super) async fn log_in(&self) -> Tokens {
        self.shop.log_in(self.front_end, &self.user).await.unwrap()
    }

    pub(super) async fn log_out(&self, tokens: &Tokens) {
        log_out(self.shop, self.front_end, tokens).await;
    }

    /// The notice of the one logout there was.
    pub(super) async fn notice(&self) -> Message {
        let notice = self.receiver.message().await;
        assert_eq!(notice.path, "/logout");
        self.assert_silence().await;
        notice
    }

    /// Nothing was sent, or nothing that was not looked at.
    pub(super) async fn assert_silence(&self) {
        assert_silence(&self.receiver).await;
    }

    pub(super) async fn assert_active(&self, token: &str, active: bool) {
        assert_active(self.shop, token, active).await;
    }
}

/// A realm that one test alone has, some of whose clients are told of logouts.
pub(super) struct OwnRealm {
    pub(super) realm: Realm,
    pub(super) admin: RealmAdmin,
    pub(super) receiver: Receiver,
}

impl OwnRealm {
    pub(super) async fn set(env: &Environment, name: &str, told: &[Client<'_>]) -> Self {
        let (realm, admin) = env.own_realm(name).await;
        let receiver = Receiver::start().await;
        for client in told {
            let url = receiver.logout_url();
            let set = admin.set_backchannel_logout_url(client.id, &url);
            set.await.unwrap();
        }
        Self {
            realm,
            admin,
            receiver,
        }
    }

    /// Tokens of a user of the realm file.
    pub(super) async fn log_in(&self, client: Client<'_>) -> Tokens {
        self.realm.log_in_as(client, "bob", "bob").await.unwrap()
    }

    pub(super) async fn log_out(&self, client: Client<'_>, tokens: &Tokens) {
        log_out(&self.realm, client, tokens).await;
    }

    pub(super) async fn assert_active(&self, token: &str, active: bool) {
        assert_active(&self.realm, token, active).await;
    }

    pub(super) async fn delete(self) {
        self.admin.delete_realm().await.unwrap();
    }
}

pub(super) async fn log_out(realm: &Realm, client: Client<'_>, tokens: &Tokens) {
    let refresh = tokens.refresh.as_deref().unwrap();
    realm.log_out(client, refresh).await.unwrap();
}

pub(super) async fn assert_silence(receiver: &Receiver) {
    let messages = receiver.messages().await;
    assert!(messages.is_empty(), "{messages:#?}");
}

#[track_caller]
pub(super) fn sid_of(token: &str) -> String {
    let claims = payload_of(token);
    claims["sid"].as_str().unwrap().to_owned()
}

pub(super) async fn is_active(realm: &Realm, token: &str) -> bool {
    let answer = realm.introspect(ORDERS_API, token).await.unwrap();
    answer["active"] == true
}

pub(super) async fn assert_active(realm: &Realm, token: &str, active: bool) {
    let answer = realm.introspect(ORDERS_API, token).await.unwrap();
    assert_eq!(answer["active"], active, "{answer}");
}

/// The `kid` of every key that a realm publishes.
pub(super) async fn published_kids(realm: &Realm) -> Vec<Value> {
    let keys = realm.keys().await.unwrap();
    let keys = keys["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].clone()).collect()
}

/// The names of the members of an object, sorted.
#[track_caller]
pub(super) fn names(object: &Value) -> Vec<&str> {
    let object = object.as_object().unwrap();
    let mut names: Vec<_> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
