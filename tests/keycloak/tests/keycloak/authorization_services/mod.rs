//! Keycloak's authorization services: the three ways to a permission, and the way of a ticket.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    routing::get,
};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, Realm, RequireActiveLayer, RequirePermission,
    RequirePermissionLayer, TokenVerifier,
};
use portcullis_keycloak_suite::{Client, User, payload_of};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    clients::audience_mapper,
    environment::{Environment, ORDERS_API, run},
};

const SECRET: &str = "invoices-secret";

/// A resource server for invoices, which customers may view and nobody may void.
struct Invoices {
    issuer: Issuer<CanAsk>,
    /// An ordinary access token of one.
    customer: String,
    /// Whose it is.
    user: User,
    /// One of somebody else.
    stranger: String,
}

#[test]
fn a_requesting_party_token_says_what_it_permits_in_itself_and_when_it_is_asked_about() {
    run(async |env| {
        let id = "invoices-token";
        let invoices = invoices(env, id).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        let issuer = &invoices.issuer;
        for (permission, status) in [(view(), StatusCode::OK), (void(), StatusCode::FORBIDDEN)] {
            let jwt = wanting(issuer.jwt(), permission.clone());
            assert_eq!(send(&jwt, Some(&rpt)).await.0, status);
            let asking = wanting(issuer.introspection(), permission.clone());
            assert_eq!(send(&asking, Some(&rpt)).await.0, status);
            let live = Router::new()
                .route("/", get(|| async {}))
                .layer(permission)
                .layer(RequireActiveLayer::asking(&issuer.hybrid()))
                .layer(AuthenticateLayer::new(issuer.hybrid()));
            assert_eq!(send(&live, Some(&rpt)).await.0, status);
        }
        // An ordinary token says nothing of the kind, to no question.
        for token in [&invoices.customer, &invoices.stranger] {
            let jwt = wanting(issuer.jwt(), view());
            assert_eq!(send(&jwt, Some(token)).await.0, StatusCode::FORBIDDEN);
            let asking = wanting(issuer.introspection(), view());
            assert_eq!(send(&asking, Some(token)).await.0, StatusCode::FORBIDDEN);
        }
    });
}

#[test]
fn keycloak_decides_about_an_ordinary_token() {
    run(async |env| {
        let id = "invoices-decision";
        let invoices = invoices(env, id).await;
        let (issuer, uma) = (&invoices.issuer, invoices.issuer.uma());
        let viewing = guarded(issuer.hybrid(), view().asking(&uma));
        let customer = send(&viewing, Some(&invoices.customer)).await;
        assert_eq!(customer.0, StatusCode::OK, "{customer:?}");
        let stranger = send(&viewing, Some(&invoices.stranger)).await;
        assert_eq!(stranger.0, StatusCode::FORBIDDEN, "{stranger:?}");
        // Of several scopes asked for at once Keycloak says yes for one of them.
        for (permission, expected) in [
            ("invoice#view", 200),
            ("invoice#view,void", 200),
            ("invoice", 200),
            ("invoice#void", 403),
            ("unknown#view", 400),
            ("invoice#unknown", 400),
        ] {
            let decision = env
                .shop
                .permission_decision(&invoices.customer, id, permission);
            let (status, body) = decision.await.unwrap();
            assert_eq!(status, expected, "{permission}: {body}");
        }
        let both = RequirePermission::of("invoice", ["view", "void"]);
        for permission in [void(), both] {
            let router = guarded(issuer.hybrid(), permission.asking(&uma));
            let refused = send(&router, Some(&invoices.customer)).await;
            assert_eq!(refused.0, StatusCode::FORBIDDEN, "{refused:?}");
        }
        // Neither resource nor scope is known.
        for permission in [
            RequirePermission::of("unknown", ["view"]),
            RequirePermission::of("invoice", ["unknown"]),
        ] {
            let router = guarded(issuer.hybrid(), permission.asking(&uma));
            let refused = send(&router, Some(&invoices.customer)).await;
            assert_eq!(refused.0, StatusCode::FORBIDDEN, "{refused:?}");
        }
    });
}

/// Keycloak takes the name for the resource that is shared, and the scope for those that are: its yes is
/// an answer to another question. What it grants, it tells.
#[test]
fn what_is_shared_of_a_resource_is_not_taken_for_all_of_it() {
    run(async |env| {
        let id = "invoices-shared";
        let invoices = invoices(env, id).await;
        let owner = env.user("owner-of-an-album", &[]).await;
        let album = env
            .admin
            .create_resource(id, &owner, "album", &["view", "void"]);
        let album = album.await.unwrap();
        let server = Client::confidential(id, SECRET);
        let share = env.shop.share(server, &album, &invoices.user, "view");
        share.await.unwrap();
        let decision = env
            .shop
            .permission_decision(&invoices.customer, id, "album#void");
        let (status, body) = decision.await.unwrap();
        assert_eq!((status, &body["result"]), (StatusCode::OK, &json!(true)));
        let uma = invoices.issuer.uma();
        for (permission, expected) in [
            (RequirePermission::of("album", ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&album, ["view"]), StatusCode::OK),
            (
                RequirePermission::of("album", ["void"]),
                StatusCode::FORBIDDEN,
            ),
            (
                RequirePermission::of("album", ["view", "void"]),
                StatusCode::FORBIDDEN,
            ),
            (
                RequirePermission::of_id(&album, ["void"]),
                StatusCode::FORBIDDEN,
            ),
            // An id that Keycloak takes for a name.
            (
                RequirePermission::of_id("album", ["view"]),
                StatusCode::FORBIDDEN,
            ),
        ] {
            let router = guarded(invoices.issuer.hybrid(), permission.clone().asking(&uma));
            let (status, _) = send(&router, Some(&invoices.customer)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
        // Somebody else shares one of the same name.
        let other = env.user("owner-of-another-album", &[]).await;
        let second = env.admin.create_resource(id, &other, "album", &["view"]);
        let second = second.await.unwrap();
        let share = env.shop.share(server, &second, &invoices.user, "view");
        share.await.unwrap();
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        for (permission, expected) in [
            (
                RequirePermission::of("album", ["view"]),
                StatusCode::FORBIDDEN,
            ),
            (RequirePermission::of_id(&album, ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&second, ["view"]), StatusCode::OK),
        ] {
            let router = wanting(invoices.issuer.jwt(), permission.clone());
            let (status, _) = send(&router, Some(&rpt)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
    });
}

/// What Keycloak grants says no owner: where users make resources, a name is not enough.
#[test]
fn a_resource_that_is_shared_is_told_from_the_server_s_of_that_name_by_its_id_alone() {
    run(async |env| {
        let id = "invoices-namesake";
        let invoices = invoices(env, id).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let claims = payload_of(&rpt.await.unwrap());
        let granted = &claims["authorization"]["permissions"][0];
        let servers = granted["rsid"].as_str().unwrap();
        let friend = env.user("friend-of-a-customer", &[]).await;
        let own = env
            .admin
            .create_resource(id, &friend, "invoice", &["view", "void"]);
        let own = own.await.unwrap();
        let server = Client::confidential(id, SECRET);
        let share = env.shop.share(server, &own, &invoices.user, "void");
        share.await.unwrap();
        let uma = invoices.issuer.uma();
        for (permission, expected) in [
            (
                RequirePermission::of_id(servers, ["void"]),
                StatusCode::FORBIDDEN,
            ),
            (RequirePermission::of_id(servers, ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&own, ["void"]), StatusCode::OK),
            // Of each of the two something is granted.
            (
                RequirePermission::of("invoice", ["view", "void"]),
                StatusCode::FORBIDDEN,
            ),
            // Of the server's own nothing is: the other one is the only one.
            (void(), StatusCode::OK),
        ] {
            let router = guarded(invoices.issuer.hybrid(), permission.clone().asking(&uma));
            let (status, _) = send(&router, Some(&invoices.customer)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
    });
}

/// Whose resources a requesting party token speaks of stands nowhere in it.
#[test]
fn a_name_in_a_token_for_two_services_is_neither_s() {
    run(async |env| {
        let id = "invoices-of-two";
        let mappers = [audience_mapper(id), audience_mapper(ORDERS_API.id)];
        let invoices = invoices_with(env, id, json!(mappers)).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        let claims = payload_of(&rpt);
        let audience = claims["aud"].as_array().unwrap();
        assert!(audience.contains(&json!(ORDERS_API.id)), "{claims}");
        let granted = &claims["authorization"]["permissions"][0];
        let by_id = RequirePermission::of_id(granted["rsid"].as_str().unwrap(), ["view"]);
        let orders = Realm::new(env.shop.issuer()).unwrap();
        let orders = orders.audience(ORDERS_API.id).build().unwrap();
        for verifier in [invoices.issuer.jwt(), orders.jwt()] {
            let named = wanting(verifier.clone(), view());
            assert_eq!(send(&named, Some(&rpt)).await.0, StatusCode::FORBIDDEN);
            let named = wanting(verifier, by_id.clone());
            assert_eq!(send(&named, Some(&rpt)).await.0, StatusCode::OK);
        }
        // Who asks is told of his own.
        let uma = invoices.issuer.uma();
        let asking = guarded(invoices.issuer.hybrid(), view().asking(&uma));
        assert_eq!(send(&asking, Some(&rpt)).await.0, StatusCode::OK);
    });
}

#[test]
fn keycloak_decides_no_more_about_a_token_whose_session_is_over() {
    run(async |env| {
        let id = "invoices-over";
        let invoices = invoices(env, id).await;
        let user = env.user("customer-who-leaves", &["customer"]).await;
        let front_end = format!("web-of-{id}");
        let tokens = env
            .shop
            .log_in(Client::public(&front_end), &user)
            .await
            .unwrap();
        env.admin.log_out(&user).await.unwrap();
        let decision = env
            .shop
            .permission_decision(&tokens.access, id, "invoice#view");
        let (status, body) = decision.await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(body["error"], "invalid_grant", "{body}");
        let uma = invoices.issuer.uma();
        let router = guarded(invoices.issuer.hybrid(), view().asking(&uma));
        let refused = send(&router, Some(&tokens.access)).await;
        assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{refused:?}");
        assert!(refused.1.contains("invalid_token"), "{refused:?}");
        // On all other routes it is asked about from now on.
        let plain = Router::new()
            .route("/", get(|| async {}))
            .layer(AuthenticateLayer::new(invoices.issuer.hybrid()));
        let refused = send(&plain, Some(&tokens.access)).await;
        assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{refused:?}");
    });
}

#[test]
fn a_ticket_leads_to_a_token_that_is_let_in() {
    run(async |env| {
        let invoices = invoices(env, "invoices-ticket").await;
        let uma = invoices.issuer.uma();
        let router = Router::new()
            .route("/", get(|| async {}))
            .layer(view().or_ticket(&uma))
            .layer(AuthenticateLayer::optional(invoices.issuer.hybrid()));
        for bearer in [None, Some(invoices.customer.as_str())] {
            let (status, challenge) = send(&router, bearer).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{challenge}");
            let issuer = env.shop.issuer();
            let expected = format!(r#"UMA realm="api", as_uri="{issuer}", ticket=""#);
            let ticket = challenge.strip_prefix(&expected).unwrap();
            let ticket = ticket.strip_suffix('"').unwrap();
            let rpt = env.shop.exchange_ticket(&invoices.customer, ticket);
            let rpt = rpt.await.unwrap();
            assert_eq!(send(&router, Some(&rpt)).await.0, StatusCode::OK);
            // Who may not, gets no token for it.
            let refused = env.shop.exchange_ticket(&invoices.stranger, ticket).await;
            assert!(refused.is_err());
        }
        // There is no ticket for what Keycloak does not know.
        let unknown = RequirePermission::of("unknown", ["view"]).or_ticket(&uma);
        let router = guarded(invoices.issuer.hybrid(), unknown);
        let (status, _) = send(&router, Some(&invoices.customer)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    });
}

fn view() -> RequirePermission {
    RequirePermission::of("invoice", ["view"])
}

fn void() -> RequirePermission {
    RequirePermission::of("invoice", ["void"])
}

fn wanting(verifier: impl TokenVerifier, permission: RequirePermission) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(permission)
        .layer(AuthenticateLayer::new(verifier))
}

fn guarded(verifier: impl TokenVerifier, guard: RequirePermissionLayer) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(guard)
        .layer(AuthenticateLayer::new(verifier))
}

/// The status and the challenge.
async fn send(router: &Router, token: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get("/");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    (response.status(), challenge.unwrap_or_default())
}

async fn invoices(env: &Environment, id: &str) -> Invoices {
    invoices_with(env, id, json!([])).await
}

/// The same with mappers for its requesting party tokens.
async fn invoices_with(env: &Environment, id: &str, mappers: Value) -> Invoices {
    let policy = |name: &str, kind: &str, config: Value| {
        json!({
            "name": name,
            "type": kind,
            "logic": "POSITIVE",
            "decisionStrategy": "UNANIMOUS",
            "config": config,
        })
    };
    let roles = |role: &str| json!([{ "id": role, "required": true }]).to_string();
    let scopes = json!([{ "name": "view" }, { "name": "void" }]);
    let client = json!({
        "secret": SECRET,
        "protocolMappers": mappers,
        "serviceAccountsEnabled": true,
        "authorizationServicesEnabled": true,
        "authorizationSettings": {
            "policyEnforcementMode": "ENFORCING",
            "decisionStrategy": "UNANIMOUS",
            "scopes": scopes,
            "resources": [{ "name": "invoice", "scopes": scopes }],
            "policies": [
                policy("customers", "role", json!({ "roles": roles("customer") })),
                policy("admins", "role", json!({ "roles": roles("admin") })),
                policy("customers view invoices", "scope", json!({
                    "resources": r#"["invoice"]"#,
                    "scopes": r#"["view"]"#,
                    "applyPolicies": r#"["customers"]"#,
                })),
                policy("admins void invoices", "scope", json!({
                    "resources": r#"["invoice"]"#,
                    "scopes": r#"["void"]"#,
                    "applyPolicies": r#"["admins"]"#,
                })),
            ],
        },
    });
    let stranger = env.resource_server(id, client).await.access;
    let user = env.user(&format!("customer-of-{id}"), &["customer"]).await;
    let front_end = format!("web-of-{id}");
    let customer = env.shop.log_in(Client::public(&front_end), &user).await;
    let issuer = Realm::new(env.shop.issuer())
        .unwrap()
        .audience(id)
        .client_secret(id, SECRET)
        .requesting_party_tokens()
        .build()
        .unwrap();
    Invoices {
        issuer,
        customer: customer.unwrap().access,
        user,
        stranger,
    }
}
