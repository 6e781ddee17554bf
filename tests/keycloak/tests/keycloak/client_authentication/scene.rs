use portcullis::{ClientAuthentication, IssuerBuilder, Realm as Portcullis, WithCredentials};
use portcullis_keycloak_suite::{Client, Realm, Tokens};
use reqwest::StatusCode;
use serde_json::Value;

use crate::{environment::Environment, log::logged, service::Service};

/// With everything in it that has to be encoded on its way, and long enough for HS256.
pub(super) const SECRET: &str = "a secret of more than 32 bytes: %+&=/é";

/// A client, and tokens that it may ask about.
pub(super) struct Scene<'a> {
    id: &'a str,
    pub(super) realm: &'static Realm,
    /// Of a session that lasts, and of one that has ended.
    pub(super) tokens: Tokens,
    ended: Tokens,
}

impl<'a> Scene<'a> {
    pub(super) async fn set(env: &'static Environment, id: &'a str, client: Value) -> Self {
        env.resource_server(id, client).await;
        Self::at(env, id, &env.shop).await
    }

    /// For a client that there is.
    pub(super) async fn over_tls(env: &'static Environment, id: &'a str) -> Self {
        Self::at(env, id, &env.shop_over_tls).await
    }

    async fn at(env: &'static Environment, id: &'a str, realm: &'static Realm) -> Self {
        let user = env.user(&format!("bearer-for-{id}"), &[]).await;
        let front_end = format!("web-of-{id}");
        let front_end = Client::public(&front_end);
        let tokens = realm.log_in(front_end, &user).await.unwrap();
        let ended = realm.log_in(front_end, &user).await.unwrap();
        realm
            .log_out(front_end, ended.refresh.as_deref().unwrap())
            .await
            .unwrap();
        Self {
            id,
            realm,
            tokens,
            ended,
        }
    }

    pub(super) fn issuer(&self, client: &ClientAuthentication) -> IssuerBuilder<WithCredentials> {
        Portcullis::new(self.realm.issuer())
            .unwrap()
            .audience(self.id)
            .client_authentication(client.clone())
    }

    pub(super) async fn assert_taken(&self, client: &ClientAuthentication) {
        self.assert_taken_by(self.issuer(client)).await;
    }

    pub(super) async fn assert_our_fault(&self, client: &ClientAuthentication) {
        self.assert_our_fault_by(self.issuer(client)).await;
    }

    /// Every call is authenticated anew, so more than one is made.
    pub(super) async fn assert_taken_by(&self, issuer: IssuerBuilder<WithCredentials>) {
        let service = Service::asking(issuer.build().unwrap().hybrid());
        for _ in 0..3 {
            let paid = service.pay(&self.tokens.access).await;
            let verified_by = &paid.assert(StatusCode::OK).body["verified_by"];
            assert_eq!(verified_by, "jwt+introspection");
            service.pay(&self.ended.access).await.assert_invalid_token();
        }
    }

    /// 500 for good tokens and bad ones alike, while local routes go on, and a line in the log
    /// that names the client and nothing secret.
    pub(super) async fn assert_our_fault_by(&self, issuer: IssuerBuilder<WithCredentials>) {
        let service = Service::asking(issuer.build().unwrap().hybrid());
        for token in [&self.tokens.access, &self.ended.access] {
            for _ in 0..2 {
                service.pay(token).await.assert_misconfigured();
                service.me(token).await.assert(StatusCode::OK);
            }
        }
        let quoted = format!("`{}`", self.id);
        let told = logged(|line| line.contains("ERROR") && line.contains(&quoted));
        assert!(!told.is_empty(), "no error names {quoted}");
        let leaks = logged(|line| {
            line.contains(&self.tokens.access)
                || line.contains(SECRET)
                || line.contains("wrong-secret")
                || line.contains("client_assertion=")
        });
        assert!(leaks.is_empty(), "{leaks:?}");
    }
}
