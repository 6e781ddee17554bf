//! Security events of Keycloak's (Shared Signals, experimental in 26.7), taken by a service: what
//! they end is refused on local routes, without a question.

mod poll;
mod push;

use portcullis::{CanAsk, Issuer, IssuerBuilder, WithCredentials};
use portcullis_keycloak_suite::{Client, Realm, RealmAdmin, Stream, Tokens, User, until};
use reqwest::StatusCode;
use serde_json::json;
use tokio::{sync::OnceCell, task::JoinHandle};

use crate::{
    environment::{Environment, ORDERS_API, SHOP_WEB, SOON},
    service::{CountedClient, Service},
};

const SECRET: &str = "of-a-receiver";
const AUTHORIZATION: &str = "Bearer for-a-service";

/// A user of a realm that transmits, and a client that has the events about that user.
struct Scene {
    realm: Realm,
    admin: RealmAdmin,
    receiver_id: String,
    user: User,
}

impl Scene {
    /// Events are addressed to `orders-api`, and pushed to where `push_url` leads.
    async fn set(env: &'static Environment, name: &str, push_url: &str) -> Self {
        static SHARED: OnceCell<(Realm, RealmAdmin)> = OnceCell::const_new();
        let shared = SHARED.get_or_init(async || {
            let (realm, admin) = env.own_realm("shop-events").await;
            admin.enable_signals().await.unwrap();
            (realm, admin)
        });
        let (realm, admin) = shared.await.clone();
        let scene = Self {
            receiver_id: format!("{name}-receiver"),
            user: admin.create_user(name, &[]).await.unwrap(),
            realm,
            admin,
        };
        let created = scene
            .admin
            .create_signal_receiver(scene.receiver(), "NONE", push_url);
        created.await.unwrap();
        let (id, audience) = (&scene.receiver_id, ORDERS_API.id);
        let named = scene
            .admin
            .set_client_attribute(id, "ssf.streamAudience", audience);
        named.await.unwrap();
        scene
    }

    fn receiver(&self) -> Client<'_> {
        Client::confidential(&self.receiver_id, SECRET)
    }

    /// The receiver wants the events about the user.
    async fn ask_for_user(&self, stream: &Stream) {
        let issuer = self.realm.issuer();
        let subject = json!({ "format": "iss_sub", "iss": issuer, "sub": self.user.id });
        let added = self.realm.add_subject(self.receiver(), stream, &subject);
        added.await.unwrap();
    }

    async fn log_in(&self) -> Tokens {
        self.realm.log_in(SHOP_WEB, &self.user).await.unwrap()
    }

    async fn log_out(&self, tokens: &Tokens) {
        let refresh = tokens.refresh.as_deref().unwrap();
        self.realm.log_out(SHOP_WEB, refresh).await.unwrap();
    }

    fn builder(&self) -> IssuerBuilder<WithCredentials> {
        portcullis::Realm::new(self.realm.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .security_event_audience(ORDERS_API.id)
            .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
    }
}

/// A service in process, by a verifier that can ask and by one that cannot.
struct Told {
    asking: Service,
    local: Service,
    client: CountedClient,
    /// The server that it is pushed to, if there is one.
    serving: Option<JoinHandle<()>>,
}

impl Told {
    fn new(issuer: &Issuer<CanAsk>, client: CountedClient) -> Self {
        Self {
            asking: Service::asking(issuer.hybrid()),
            local: Service::local(issuer.jwt()),
            client,
            serving: None,
        }
    }

    /// Both know a token. Those that were issued before the service listened are asked about once.
    async fn assert_known(&self, token: &str) {
        self.asking.me(token).await.assert(StatusCode::OK);
        self.local.me(token).await.assert(StatusCode::OK);
    }

    /// Waits until the service that asks nobody refuses a token, which it was told of.
    async fn until_refused(&self, token: &str) {
        let refused = until("the service should be told", SOON, async || {
            let status = self.local.me(token).await.status;
            Ok((status == StatusCode::UNAUTHORIZED).then_some(()))
        });
        refused.await.unwrap();
    }

    /// A token is over on local routes, and that takes no question.
    async fn assert_over(&self, token: &str) {
        let before = self.client.introspections();
        self.asking.me(token).await.assert_invalid_token();
        self.local.me(token).await.assert_invalid_token();
        assert_eq!(self.client.introspections(), before);
    }

    /// A token is asked about once, and goes on.
    async fn assert_asked_about(&self, token: &str) {
        let before = self.client.introspections();
        for _ in 0..3 {
            self.asking.me(token).await.assert(StatusCode::OK);
        }
        assert_eq!(self.client.introspections(), before + 1);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}
