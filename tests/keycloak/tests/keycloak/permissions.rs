//! Requesting party tokens (UMA 2.0): access tokens for one resource server with what their
//! bearer may do there.

use axum::{
    Router,
    body::Body,
    http::{Request, header},
    routing::get,
};
use portcullis::{
    AuthenticateLayer, IssuerBuilder, Realm, RequireActiveLayer, RequirePermission, WithCredentials,
};
use portcullis_keycloak_suite::payload_of;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    environment::{Environment, ORDERS_API, run},
    service::Service,
};

const SECRET: &str = "invoices-secret";

#[test]
fn a_requesting_party_token_is_the_access_token_that_it_says_it_is() {
    run(async |env| {
        let token = requesting_party_token(env, "invoices-bearer").await;
        let claims = payload_of(&token);
        assert_eq!(claims["typ"], "Bearer");
        assert_eq!(claims["aud"], "invoices-bearer");
        let permissions = &claims["authorization"]["permissions"];
        assert_eq!(permissions[0]["rsname"], "invoice", "{claims}");
        assert_eq!(permissions[0]["scopes"], json!(["view"]), "{claims}");

        let issuer = issuer(env, "invoices-bearer").build().unwrap();
        let local = Service::local(issuer.jwt());
        let me = local.me(&token).await;
        let claims = &me.assert(StatusCode::OK).body["claims"];
        assert_eq!(&claims["authorization"]["permissions"], permissions);
        for service in [
            Service::asking(issuer.hybrid()),
            Service::asking(issuer.introspection()),
        ] {
            let paid = service.pay(&token).await;
            let claims = &paid.assert(StatusCode::OK).body["claims"];
            assert_eq!(claims["sub"], payload_of(&token)["sub"]);
            // What it may do is not told without the hint.
            assert_eq!(claims["permissions"], Value::Null);
            assert_eq!(claims["authorization"], Value::Null);
        }
    });
}

#[test]
fn a_requesting_party_token_is_refused_by_every_other_resource_server() {
    run(async |env| {
        let token = requesting_party_token(env, "invoices-other").await;
        let issuer = Realm::new(env.shop.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
            .build()
            .unwrap();
        for service in [
            Service::asking(issuer.hybrid()),
            Service::asking(issuer.introspection()),
        ] {
            service.me(&token).await.assert_invalid_token();
            service.pay(&token).await.assert_invalid_token();
        }
    });
}

#[test]
fn introspection_widens_the_audience_of_a_requesting_party_token_and_the_jwt_stands_against_it() {
    run(async |env| {
        let token = requesting_party_token(env, "invoices-wider").await;
        let answer = introspect(env, "invoices-wider", &token, None).await;
        let audience = answer["aud"].as_array().unwrap();
        assert!(audience.contains(&json!(ORDERS_API.id)), "{answer}");

        // A service for orders that happens to ask as the other resource server.
        let issuer = Realm::new(env.shop.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .client_secret("invoices-wider", SECRET)
            .build()
            .unwrap();
        let hybrid = Service::asking(issuer.hybrid());
        hybrid.me(&token).await.assert_invalid_token();
        hybrid.pay(&token).await.assert_invalid_token();
        // Where Keycloak's word is all there is, it is believed.
        let introspection = Service::asking(issuer.introspection());
        introspection.me(&token).await.assert(StatusCode::OK);
    });
}

#[test]
fn the_hint_brings_permissions_and_takes_issuer_and_subject_away() {
    run(async |env| {
        let hint = Some("requesting_party_token");
        let token = requesting_party_token(env, "invoices-hint").await;
        let answer = introspect(env, "invoices-hint", &token, hint).await;
        assert_eq!(answer["active"], true);
        let permission = &answer["permissions"][0];
        assert_eq!(permission["rsname"], "invoice", "{answer}");
        assert_eq!(permission["resource_scopes"], json!(["view"]), "{answer}");
        for absent in ["iss", "sub", "azp", "client_id", "sid", "token_type"] {
            assert_eq!(answer[absent], Value::Null, "{answer}");
        }

        // The JWT vouches for what the answer leaves out.
        let issuer = issuer(env, "invoices-hint").requesting_party_tokens();
        let issuer = issuer.build().unwrap();
        let paid = Service::asking(issuer.hybrid()).pay(&token).await;
        let claims = &paid.assert(StatusCode::OK).body["claims"];
        assert_eq!(claims["permissions"][0]["rsname"], "invoice", "{claims}");
        assert_eq!(claims["sub"], payload_of(&token)["sub"]);
        assert_eq!(claims["realm_access"], Value::Null);
    });
}

/// Without the hint a live answer says nothing of permissions; where Keycloak is asked for those, it says
/// them beside it.
#[test]
fn what_a_live_answer_takes_away_keycloak_is_asked_for() {
    run(async |env| {
        let id = "invoices-live";
        let token = requesting_party_token(env, id).await;
        let issuer = issuer(env, id).build().unwrap();
        let view = || RequirePermission::of("invoice", ["view"]);
        let asking = || view().asking(&issuer.uma());
        let route = || Router::new().route("/", get(|| async {}));
        let live = RequireActiveLayer::live;
        for (routes, expected) in [
            (route().layer(view()), 200),
            (route().layer(live()).layer(view()), 403),
            (route().layer(live()).layer(asking()), 200),
            (route().layer(asking()).layer(live()), 200),
        ] {
            let router = routes.layer(AuthenticateLayer::new(issuer.hybrid()));
            let request =
                Request::get("/").header(header::AUTHORIZATION, format!("Bearer {token}"));
            let request = request.body(Body::empty()).unwrap();
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected);
        }
    });
}

#[test]
fn the_hint_takes_subject_and_roles_from_ordinary_access_tokens_too() {
    run(async |env| {
        let (_, tokens) = env.logged_in("permissions-ordinary", &["admin"]).await;
        let form = [
            ("client_id", ORDERS_API.id),
            ("client_secret", ORDERS_API.secret.unwrap()),
            ("token", &tokens.access),
            ("token_type_hint", "requesting_party_token"),
        ];
        let answer = env.shop.introspect_by_hand("application/json", &form);
        let (_, answer) = answer.await.unwrap();
        assert_eq!(answer["active"], true);
        for absent in ["iss", "sub", "realm_access", "permissions"] {
            assert_eq!(answer[absent], Value::Null, "{answer}");
        }
    });
}

/// A resource server that lets every customer view invoices, and the token of one.
async fn requesting_party_token(env: &Environment, id: &str) -> String {
    let policy = |name: &str, kind: &str, config: Value| {
        json!({
            "name": name,
            "type": kind,
            "logic": "POSITIVE",
            "decisionStrategy": "UNANIMOUS",
            "config": config,
        })
    };
    let roles = json!([{ "id": "customer", "required": true }]).to_string();
    let client = json!({
        "secret": SECRET,
        "serviceAccountsEnabled": true,
        "authorizationServicesEnabled": true,
        "authorizationSettings": {
            "policyEnforcementMode": "ENFORCING",
            "decisionStrategy": "UNANIMOUS",
            "scopes": [{ "name": "view" }],
            "resources": [{ "name": "invoice", "scopes": [{ "name": "view" }] }],
            "policies": [
                policy("customers", "role", json!({ "roles": roles })),
                policy("customers view invoices", "resource", json!({
                    "resources": r#"["invoice"]"#,
                    "applyPolicies": r#"["customers"]"#,
                })),
            ],
        },
    });
    env.resource_server(id, client).await;
    let (_, tokens) = env
        .logged_in(&format!("customer-of-{id}"), &["customer"])
        .await;
    env.shop
        .requesting_party_token(&tokens.access, id)
        .await
        .unwrap()
}

fn issuer(env: &Environment, id: &str) -> IssuerBuilder<WithCredentials> {
    Realm::new(env.shop.issuer())
        .unwrap()
        .audience(id)
        .client_secret(id, SECRET)
}

async fn introspect(env: &Environment, id: &str, token: &str, hint: Option<&str>) -> Value {
    let mut form = vec![
        ("client_id", id),
        ("client_secret", SECRET),
        ("token", token),
    ];
    form.extend(hint.map(|hint| ("token_type_hint", hint)));
    let answer = env.shop.introspect_by_hand("application/json", &form);
    answer.await.unwrap().1
}
