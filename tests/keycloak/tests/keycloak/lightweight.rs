//! Lightweight tokens: no `sub`, no roles, and `aud` only if the mapper says so. What they leave
//! out is asked for once.

use portcullis::{IssuerBuilder, Realm, WithCredentials};
use portcullis_keycloak_suite::{Client, payload_of};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    environment::{
        Environment, ORDERS_API, SOON, assert_invalid_token, assert_status, orders, payments, run,
        run_alone, until_status,
    },
    service::{CountedClient, Service},
};

pub(crate) const LIGHTWEIGHT: Client<'static> = Client::public("shop-web-lightweight");

#[test]
fn a_lightweight_token_with_an_audience_is_completed_on_local_routes() {
    run(async |env| {
        let user = env.user("lightweight-local", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        let told = orders(example, &tokens.access).await;
        assert_status(&told, StatusCode::OK);
        assert!(told.body.contains(&user.id), "{told:#?}");

        let me = example.get("/me", &tokens.access).await.unwrap();
        assert_status(&me, StatusCode::OK);
        let me = me.json();
        assert_eq!(me["sub"], user.id);
        assert_eq!(me["azp"], LIGHTWEIGHT.id);
        assert_eq!(me["verified_by"], "jwt+introspection");
        let roles = me["realm_roles"].as_array().unwrap();
        assert!(roles.contains(&json!("admin")), "{me}");
    });
}

#[test]
fn introspection_completes_a_lightweight_token_where_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-live", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        let paid = payments(example, &tokens.access).await;
        assert_status(&paid, StatusCode::OK);
        assert!(
            paid.body.contains(&user.id),
            "the handler should know the user: {paid:#?}"
        );
    });
}

#[test]
fn the_role_of_a_lightweight_token_opens_local_routes_and_its_lack_does_not() {
    run(async |env| {
        let example = env.example().await;
        for (name, roles, status) in [
            ("lightweight-admin", &["admin"][..], StatusCode::OK),
            ("lightweight-nobody", &[], StatusCode::FORBIDDEN),
        ] {
            let user = env.user(name, roles).await;
            let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
            for _ in 0..2 {
                let answer = example.get("/admin", &tokens.access).await.unwrap();
                assert_status(&answer, status);
            }
        }
    });
}

#[test]
fn a_role_that_is_taken_away_is_noticed_where_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-former", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        let before = example.get("/admin", &tokens.access).await.unwrap();
        assert_status(&before, StatusCode::OK);
        env.admin.remove_realm_role(&user, "admin").await.unwrap();
        let local = example.get("/admin", &tokens.access).await.unwrap();
        assert_status(&local, StatusCode::OK);
        let live = example.post("/admin", &tokens.access).await.unwrap();
        assert_status(&live, StatusCode::FORBIDDEN);
    });
}

#[test]
fn a_lightweight_token_without_an_audience_is_refused_before_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-bare", &[]).await;
        let client = Client::public("shop-web-lightweight-bare");
        let tokens = env.shop.log_in(client, &user).await.unwrap();
        let example = env.example().await;
        assert_invalid_token(&orders(example, &tokens.access).await);
        assert_invalid_token(&payments(example, &tokens.access).await);

        let counted = CountedClient::new();
        let issuer = realm(env, ORDERS_API).http_client(counted.clone());
        let service = Service::asking(issuer.build().unwrap().hybrid());
        service.me(&tokens.access).await.assert_invalid_token();
        service.pay(&tokens.access).await.assert_invalid_token();
        assert_eq!(counted.introspections(), 0);
    });
}

#[test]
fn keycloak_is_asked_once_for_each_lightweight_token_and_never_for_a_full_one() {
    run(async |env| {
        let counted = CountedClient::new();
        let issuer = realm(env, ORDERS_API)
            .http_client(counted.clone())
            .build()
            .unwrap();
        let service = Service::asking(issuer.hybrid());
        for (tokens_seen, name) in ["lightweight-once", "lightweight-twice"].iter().enumerate() {
            let user = env.user(name, &["admin"]).await;
            let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
            for _ in 0..10 {
                let me = service.me(&tokens.access).await;
                assert_eq!(me.assert(StatusCode::OK).body["claims"]["sub"], user.id);
                service.admin(&tokens.access).await.assert(StatusCode::OK);
            }
            assert_eq!(counted.introspections(), tokens_seen + 1);
        }
        let (_, full) = env.logged_in("lightweight-full", &[]).await;
        service.me(&full.access).await.assert(StatusCode::OK);
        assert_eq!(counted.introspections(), 2);
    });
}

#[test]
fn a_lightweight_token_stays_as_it_is_where_nobody_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-as-is", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let counted = CountedClient::new();
        let issuer = realm(env, ORDERS_API)
            .http_client(counted.clone())
            .leave_lightweight_tokens()
            .build()
            .unwrap();
        for service in [
            Service::local(issuer.jwt()),
            Service::asking(issuer.hybrid()),
        ] {
            let me = service.me(&tokens.access).await;
            let claims = &me.assert(StatusCode::OK).body["claims"];
            assert_eq!(claims["sub"], Value::Null);
            assert_eq!(claims["sid"], payload_of(&tokens.access)["sid"]);
            let admin = service.admin(&tokens.access).await;
            admin.assert(StatusCode::FORBIDDEN);
        }
        assert_eq!(counted.introspections(), 0);
    });
}

#[test]
fn while_keycloak_is_down_a_completed_token_goes_on_and_a_new_one_is_503() {
    run_alone(async |env| {
        let user = env.user("lightweight-outage", &["admin"]).await;
        let known = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap().access;
        let new = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap().access;
        let full = env.logged_in("lightweight-outage-full", &[]).await.1.access;
        let issuer = realm(env, ORDERS_API).build().unwrap();
        let service = Service::asking(issuer.hybrid());
        let example = env.example().await;
        service.admin(&known).await.assert(StatusCode::OK);
        assert_status(&orders(example, &known).await, StatusCode::OK);

        let mut server = env.server.lock().await;
        server.stop().await.unwrap();
        for _ in 0..3 {
            let admin = service.admin(&known).await;
            assert_eq!(admin.assert(StatusCode::OK).body["claims"]["sub"], user.id);
            service.pay(&known).await.assert_unavailable();
            // Not 403: what it may do is not known.
            service.admin(&new).await.assert_unavailable();
            service.me(&full).await.assert(StatusCode::OK);
        }
        let served = orders(example, &known).await;
        let refused = orders(example, &new).await;
        assert_status(&served, StatusCode::OK);
        assert_status(&refused, StatusCode::SERVICE_UNAVAILABLE);

        server.start_again().await.unwrap();
        for token in [&known, &new] {
            until_status(example, Method::GET, "/admin", token, StatusCode::OK, SOON).await;
        }
    });
}

/// Portcullis for the realm `shop`, with this client in front of it.
pub(crate) fn realm(env: &Environment, client: Client<'_>) -> IssuerBuilder<WithCredentials> {
    Realm::new(env.shop.issuer())
        .unwrap()
        .audience(client.id)
        .client_secret(client.id, client.secret.unwrap())
}
