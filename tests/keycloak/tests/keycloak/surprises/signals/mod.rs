//! Shared Signals: what Keycloak says in security events, to whom it pushes them and who polls.

mod coverage;
mod poll;
mod push;

use portcullis_keycloak_suite::{
    Client, Realm, RealmAdmin, Stream, Tokens, User, header_of, payload_of,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::scene::{log_out, published_kids};
use crate::{
    environment::{Environment, SHOP_WEB},
    receiver::Receiver,
};

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

const SECRET: &str = "of-a-receiver";
const AUTHORIZATION: &str = "Bearer for-a-receiver";

/// A user, and what is signalled about this user: pushed to one receiver, polled by another.
struct Scene {
    realm: Realm,
    admin: RealmAdmin,
    name: &'static str,
    user: User,
    receiver: Receiver,
    pushed: Stream,
    polled: Stream,
}

impl Scene {
    /// In a realm that these tests share.
    async fn set(env: &'static Environment, name: &'static str) -> Self {
        static SHARED: OnceCell<(Realm, RealmAdmin)> = OnceCell::const_new();
        let shared = SHARED.get_or_init(async || transmitter(env, "shop-signals").await);
        Self::among(shared.await.clone(), name).await
    }

    /// In a realm of the test's own.
    async fn apart(env: &Environment, name: &'static str) -> Self {
        Self::among(transmitter(env, name).await, name).await
    }

    async fn among((realm, admin): (Realm, RealmAdmin), name: &'static str) -> Self {
        let receiver = Receiver::start().await;
        let url = receiver.events_url();
        let [push_id, poll_id] = [push_id(name), poll_id(name)];
        let [push, poll] = [&push_id, &poll_id].map(|id| Client::confidential(id, SECRET));
        for client in [push, poll] {
            let created = admin.create_signal_receiver(client, "NONE", &url);
            created.await.unwrap();
        }
        let pushed = realm.create_push_stream(push, &url, AUTHORIZATION);
        let scene = Self {
            user: admin.create_user(name, &[]).await.unwrap(),
            pushed: pushed.await.unwrap(),
            polled: realm.create_poll_stream(poll).await.unwrap(),
            realm,
            admin,
            name,
            receiver,
        };
        scene.ask_for(&scene.subject()).await;
        scene
    }

    /// Both receivers want the events about this subject.
    async fn ask_for(&self, subject: &Value) {
        for (id, stream) in [
            (push_id(self.name), &self.pushed),
            (poll_id(self.name), &self.polled),
        ] {
            let client = Client::confidential(&id, SECRET);
            let added = self.realm.add_subject(client, stream, subject);
            added.await.unwrap();
        }
    }

    /// What the user is called in events.
    fn subject(&self) -> Value {
        self.subject_of(&self.user.id)
    }

    fn subject_of(&self, id: &str) -> Value {
        json!({ "format": "iss_sub", "iss": self.realm.issuer(), "sub": id })
    }

    async fn log_in(&self) -> Tokens {
        self.realm.log_in(SHOP_WEB, &self.user).await.unwrap()
    }

    async fn log_out(&self, tokens: &Tokens) {
        log_out(&self.realm, SHOP_WEB, tokens).await;
    }

    async fn poll(&self, request: Value) -> Value {
        let id = poll_id(self.name);
        let client = Client::confidential(&id, SECRET);
        let polled = self.realm.poll(client, &self.polled, &request);
        polled.await.unwrap()
    }

    /// What there is to be polled, all of it, which is then gone.
    async fn events(&self) -> Vec<Value> {
        let answer = self.poll(json!({ "maxEvents": 100 })).await;
        let sets = answer["sets"].as_object().unwrap();
        let ids: Vec<_> = sets.keys().collect();
        self.poll(json!({ "ack": ids, "maxEvents": 0 })).await;
        sets.values()
            .map(|set| payload_of(set.as_str().unwrap()))
            .collect()
    }

    /// The one event there is to be polled.
    async fn event(&self) -> Value {
        let [event] = <[Value; 1]>::try_from(self.events().await).expect("one event");
        event
    }

    async fn assert_signed(&self, token: &str) {
        let header = header_of(token);
        assert_eq!(header["typ"], "secevent+jwt");
        assert_eq!(header["alg"], "RS256");
        let kids = published_kids(&self.realm).await;
        assert!(kids.contains(&header["kid"]), "{header}");
    }
}

async fn transmitter(env: &Environment, name: &str) -> (Realm, RealmAdmin) {
    let (realm, admin) = env.own_realm(name).await;
    admin.enable_signals().await.unwrap();
    (realm, admin)
}

fn push_id(name: &str) -> String {
    format!("{name}-push")
}

fn poll_id(name: &str) -> String {
    format!("{name}-poll")
}
