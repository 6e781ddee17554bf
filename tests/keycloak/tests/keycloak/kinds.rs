//! What else Keycloak signs: refresh, offline, ID and logout tokens are no access tokens, on
//! whichever route, even where Keycloak calls them active.
//!
//! One client obtains the tokens and asks about them, so that audience and issuer are as they
//! should be and only the kind is not.

use portcullis::{CanAsk, Issuer, Realm};
use portcullis_keycloak_suite::{Client, Tokens, User, payload_of};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    clients::audience_mapper,
    environment::{Environment, WAREHOUSE, run},
    receiver::Receiver,
    service::Service,
};

#[test]
fn a_refresh_token_is_no_access_token_on_any_route() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-refresh").await;
        let tokens = scene.log_in("openid").await;
        let refresh = tokens.refresh.unwrap();
        assert_eq!(payload_of(&refresh)["typ"], "Refresh");
        scene.assert_good(&tokens.access).await;
        scene.assert_refused(&refresh).await;

        assert_eq!(scene.introspect(&refresh, None).await["active"], false);
        let hinted = scene.introspect(&refresh, Some("refresh_token")).await;
        assert_eq!(hinted["active"], true, "{hinted}");
        assert_eq!(hinted["typ"], "Refresh");
        assert_eq!(hinted["token_type"], "Refresh");
    });
}

#[test]
fn a_service_that_is_shown_refresh_tokens_learns_what_keycloak_says_of_them() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-shown").await;
        let issuer = env.shop.issuer();
        let issuer = Realm::new(issuer)
            .unwrap()
            .audience(issuer)
            .client_secret(scene.id, SECRET)
            .refresh_tokens()
            .build()
            .unwrap();
        let service = Service::asking(issuer.introspection());
        for (scope, typ) in [("openid", "Refresh"), ("openid offline_access", "Offline")] {
            let tokens = scene.log_in(scope).await;
            let refresh = tokens.refresh.unwrap();
            let me = service.me(&refresh).await;
            let claims = &me.assert(StatusCode::OK).body["claims"];
            assert_eq!(claims["typ"], typ, "{claims}");
            assert_eq!(claims["token_type"], typ, "{claims}");
            service.pay(&refresh).await.assert(StatusCode::OK);
            service.me(&tokens.access).await.assert_invalid_token();
            env.shop.log_out(scene.client(), &refresh).await.unwrap();
            service.pay(&refresh).await.assert_invalid_token();
        }
    });
}

#[test]
fn an_offline_token_is_no_access_token_on_any_route_and_what_it_is_exchanged_for_is_one() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-offline").await;
        let tokens = scene.log_in("openid offline_access").await;
        let offline = tokens.refresh.unwrap();
        assert_eq!(payload_of(&offline)["typ"], "Offline");
        assert_eq!(payload_of(&offline)["exp"], Value::Null);
        scene.assert_good(&tokens.access).await;
        scene.assert_refused(&offline).await;

        assert_eq!(scene.introspect(&offline, None).await["active"], false);
        let hinted = scene.introspect(&offline, Some("refresh_token")).await;
        assert_eq!(hinted["active"], true, "{hinted}");
        assert_eq!(hinted["token_type"], "Offline");
        let exchanged = env.shop.refresh(scene.client(), &offline).await.unwrap();
        scene.assert_good(&exchanged.access).await;
    });
}

#[test]
fn an_id_token_is_no_access_token_on_any_route_though_keycloak_calls_it_active() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-id").await;
        let tokens = scene.log_in("openid").await;
        let id = tokens.id.unwrap();
        assert_eq!(payload_of(&id)["typ"], "ID");
        assert_eq!(payload_of(&id)["aud"], scene.id);
        scene.assert_good(&tokens.access).await;
        scene.assert_refused(&id).await;

        let answer = scene.introspect(&id, None).await;
        assert_eq!(answer["active"], true, "{answer}");
        assert_eq!(answer["token_type"], "ID");
    });
}

#[test]
fn a_logout_token_is_no_access_token_on_any_route() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-logout").await;
        let ended = scene.log_in("openid").await;
        let tokens = scene.log_in("openid").await;
        env.shop
            .log_out(scene.client(), ended.refresh.as_deref().unwrap())
            .await
            .unwrap();
        let logout = scene.receiver.message().await.token();
        let claims = payload_of(&logout);
        assert_eq!(claims["typ"], "Logout");
        assert_eq!(claims["aud"], scene.id);
        scene.assert_good(&tokens.access).await;
        scene.assert_refused(&logout).await;
    });
}

#[test]
fn a_hint_that_makes_refresh_tokens_active_makes_access_tokens_of_none() {
    run(async |env| {
        let scene = Scene::set(env, "kinds-hint").await;
        let tokens = scene.log_in("openid").await;
        let offline = scene.log_in("openid offline_access").await;
        let issuer = scene.issuer(Some("refresh_token"));
        let service = Service::asking(issuer.introspection());
        for refresh in [tokens.refresh, offline.refresh] {
            let refresh = refresh.unwrap();
            service.me(&refresh).await.assert_invalid_token();
            service.pay(&refresh).await.assert_invalid_token();
        }
        let answer = scene
            .introspect(&tokens.access, Some("refresh_token"))
            .await;
        assert_eq!(answer, json!({ "active": false }));
        service.me(&tokens.access).await.assert_invalid_token();
    });
}

#[test]
fn the_token_of_a_service_is_an_access_token_and_its_subject_is_the_service_account() {
    run(async |env| {
        let tokens = env.shop.client_credentials(WAREHOUSE).await.unwrap();
        let issuer = Realm::new(env.shop.issuer())
            .unwrap()
            .audience("orders-api")
            .client_secret("orders-api", "orders-secret")
            .build()
            .unwrap();
        for service in services(&issuer) {
            let me = service.me(&tokens.access).await;
            let claims = &me.assert(StatusCode::OK).body["claims"];
            assert_eq!(claims["preferred_username"], "service-account-warehouse");
            assert_eq!(claims["sub"], payload_of(&tokens.access)["sub"]);
            assert_eq!(claims["sid"], Value::Null);
        }
    });
}

/// A client that is front end and resource server in one, and a user of it.
struct Scene {
    env: &'static Environment,
    id: &'static str,
    user: User,
    receiver: Receiver,
}

const SECRET: &str = "front-and-back";

impl Scene {
    async fn set(env: &'static Environment, id: &'static str) -> Self {
        let receiver = Receiver::start().await;
        let client = json!({
            "publicClient": false,
            "secret": SECRET,
            "protocolMappers": [audience_mapper(id)],
            "attributes": {
                "backchannel.logout.url": receiver.logout_url(),
                "backchannel.logout.session.required": "true",
            },
        });
        env.front_end(id, id, client).await;
        let user = env.user(&format!("user-of-{id}"), &[]).await;
        Self {
            env,
            id,
            user,
            receiver,
        }
    }

    fn client(&self) -> Client<'static> {
        Client::confidential(self.id, SECRET)
    }

    async fn log_in(&self, scope: &str) -> Tokens {
        let User { name, password, .. } = &self.user;
        self.env
            .shop
            .log_in_for(self.client(), name, password, scope)
            .await
            .unwrap()
    }

    /// Takes the client for an audience, and what stands in `aud` of refresh tokens as well.
    fn issuer(&self, hint: Option<&str>) -> Issuer<CanAsk> {
        let issuer = self.env.shop.issuer();
        let mut builder = Realm::new(issuer)
            .unwrap()
            .audience(self.id)
            .audience(issuer)
            .client_secret(self.id, SECRET);
        if let Some(hint) = hint {
            builder = builder.token_type_hint(hint);
        }
        builder.build().unwrap()
    }

    async fn introspect(&self, token: &str, hint: Option<&str>) -> Value {
        let mut form = vec![
            ("client_id", self.id),
            ("client_secret", SECRET),
            ("token", token),
        ];
        form.extend(hint.map(|hint| ("token_type_hint", hint)));
        let answer = self.env.shop.introspect_by_hand("application/json", &form);
        answer.await.unwrap().1
    }

    async fn assert_good(&self, token: &str) {
        let issuer = self.issuer(None);
        for service in services(&issuer) {
            service.me(token).await.assert(StatusCode::OK);
        }
        for service in asking_services(&issuer) {
            service.pay(token).await.assert(StatusCode::OK);
        }
    }

    async fn assert_refused(&self, token: &str) {
        let issuer = self.issuer(None);
        for service in services(&issuer) {
            service.me(token).await.assert_invalid_token();
        }
        for service in asking_services(&issuer) {
            service.pay(token).await.assert_invalid_token();
        }
    }
}

fn services(issuer: &Issuer<CanAsk>) -> [Service; 3] {
    let [hybrid, introspection] = asking_services(issuer);
    [Service::local(issuer.jwt()), hybrid, introspection]
}

fn asking_services(issuer: &Issuer<CanAsk>) -> [Service; 2] {
    [
        Service::asking(issuer.hybrid()),
        Service::asking(issuer.introspection()),
    ]
}
