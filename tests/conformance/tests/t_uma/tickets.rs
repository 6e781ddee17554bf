//! The challenge with a permission ticket.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use http::{Request, Response, header};
use portcullis::{
    AuthenticateLayer, CanAsk, ClientAuthentication, HttpClient, HttpFuture, Issuer, Limits, Realm,
    RequirePermission,
};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, Challenge, Reply, challenges, get as bearing, send,
};
use portcullis_testing::{Answer, Endpoint, Fault, SigningAlgorithm, WellKnown};
use serde_json::{Value, json};

use crate::{RESOURCE, asked, guarded, permitting, status, view, world};

/// The one challenge of UMA, which names this issuer.
fn uma(reply: &Reply, issuer: &str) -> Challenge {
    assert_eq!(reply.status, 401, "{reply:?}");
    let [challenge] = challenges(&reply.headers).try_into().unwrap();
    assert_eq!(challenge.scheme, "UMA");
    let names = challenge.parameters.iter().map(|(name, _)| name.as_str());
    assert!(names.eq(["realm", "as_uri", "ticket"]), "{challenge:?}");
    assert_eq!(challenge.parameter("as_uri"), Some(issuer));
    challenge
}

fn ticket(challenge: &Challenge) -> String {
    challenge.parameter("ticket").unwrap().to_owned()
}

/// Strangers come this far.
fn open(issuer: &Issuer<CanAsk>) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(view().or_ticket(&issuer.uma()))
        .layer(
            AuthenticateLayer::optional(issuer.hybrid())
                .realm("example")
                .unwrap(),
        )
}

async fn anonymous(router: &Router) -> Reply {
    send(router, Request::get("/").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn t1_who_lacks_the_permission_gets_a_ticket() {
    let (world, issuer) = world().await;
    let router = open(&issuer);
    let challenge = uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(challenge.parameter("realm"), Some("example"));
    let without = world.server.token().jwt();
    let second = uma(&bearing(&router, &without).await, world.server.issuer());
    assert_ne!(ticket(&challenge), ticket(&second), "a ticket is for one");
    assert_eq!(asked(&world), (1, 2), "one protection token for both");

    // A bad token is refused as ever, and costs no ticket.
    let bad = world.server.token().audience("another").jwt();
    bearing(&router, &bad).await.assert_invalid_token();
    // A good one is let in.
    let permission = json!([{"rsname": RESOURCE, "scopes": ["view"]}]);
    let good = permitting(world.server.token(), permission).jwt();
    assert_eq!(status(&router, &good).await, 200);
    assert_eq!(asked(&world), (1, 2));
    // Where the layer insists on a token, a stranger costs nothing either.
    let closed = guarded(issuer.hybrid(), view().or_ticket(&issuer.uma()));
    let reply = anonymous(&closed).await;
    assert_eq!(reply.status, 401);
    assert_eq!(challenges(&reply.headers)[0].scheme, "Bearer");
    assert_eq!(asked(&world), (1, 2));
}

#[tokio::test]
async fn t1_the_ticket_is_worth_a_token_that_is_let_in() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = guarded(issuer.hybrid(), view().or_ticket(&issuer.uma()));
    let token = world.server.token().jwt();
    let challenge = uma(&bearing(&router, &token).await, world.server.issuer());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket&ticket={}",
        ticket(&challenge)
    );
    let exchange = client
        .post(world.server.url(Endpoint::Token))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    let answer = exchange.send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let rpt = answer["access_token"].as_str().unwrap();
    assert_eq!(status(&router, rpt).await, 200);
}

#[tokio::test]
async fn t7_part_of_a_permission_gets_a_ticket_for_the_whole() {
    let (world, issuer) = world().await;
    let both = RequirePermission::of(RESOURCE, ["view", "print"]);
    let router = guarded(issuer.hybrid(), both.or_ticket(&issuer.uma()));
    let half = json!([{"rsname": RESOURCE, "scopes": ["view"]}]);
    let token = permitting(world.server.token(), half).jwt();
    let first = uma(&bearing(&router, &token).await, world.server.issuer());
    let second = uma(&bearing(&router, &token).await, world.server.issuer());
    assert_ne!(ticket(&first), ticket(&second));
    let request = world.server.requests(Endpoint::Permission).pop().unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body[0]["resource_scopes"], json!(["print", "view"]));
}

#[tokio::test]
async fn t11_a_ticket_is_asked_for_with_a_token_of_our_own() {
    let (world, _) = world().await;
    for (scope, issuer) in [
        (None, world.asking()),
        (
            Some("uma_protection"),
            world.asking().protection_scope("uma_protection"),
        ),
    ] {
        world.server.clear_requests();
        let issuer = issuer.build().unwrap();
        let router = guarded(issuer.hybrid(), view().or_ticket(&issuer.uma()));
        let token = world.server.token().jwt();
        uma(&bearing(&router, &token).await, world.server.issuer());
        let [grant] = world.server.requests(Endpoint::Token).try_into().unwrap();
        let grant_type = grant.form_value("grant_type");
        assert_eq!(grant_type.as_deref(), Some("client_credentials"));
        assert_eq!(grant.form_value("scope").as_deref(), scope);
        assert!(grant.header("authorization").unwrap().starts_with("Basic "));
        let [asked] = world
            .server
            .requests(Endpoint::Permission)
            .try_into()
            .unwrap();
        assert_eq!(asked.header("content-type"), Some("application/json"));
        assert!(
            asked
                .header("authorization")
                .unwrap()
                .starts_with("Bearer ")
        );
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let permission = json!({"resource_id": RESOURCE, "resource_scopes": ["view"]});
        assert_eq!(body, json!([permission]));
    }
    // Who goes by the standard asks for the scope that the standard names.
    let issuer = Issuer::builder(world.server.issuer())
        .unwrap()
        .audience(AUDIENCE)
        .clock(world.clock.clone())
        .client_secret(CLIENT_ID, CLIENT_SECRET)
        .build()
        .unwrap();
    world.server.clear_requests();
    let router = open(&issuer);
    uma(&anonymous(&router).await, world.server.issuer());
    let [grant] = world.server.requests(Endpoint::Token).try_into().unwrap();
    assert_eq!(grant.form_value("scope").as_deref(), Some("uma_protection"));
}

#[tokio::test]
async fn t11_a_refused_token_of_our_own_is_had_anew_once() {
    let (world, issuer) = world().await;
    let router = open(&issuer);
    uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(asked(&world), (1, 1));
    let refused = || Fault::status(401).times(1);
    world.server.inject(Endpoint::Permission, refused());
    uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(asked(&world), (2, 3));
    // The new one is kept, until shortly before its end.
    uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(asked(&world), (2, 4));
    world.clock.advance(std::time::Duration::from_secs(271));
    uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(asked(&world), (3, 5));
}

#[tokio::test]
async fn t12_what_stands_in_the_challenge_is_quoted() {
    let (world, issuer) = world().await;
    let router = open(&issuer);
    let odd = r#"a"b\c, ticket="x"#;
    let answer = Answer::json(&json!({ "ticket": odd })).status(201);
    world
        .server
        .inject(Endpoint::Permission, Fault::answer(answer));
    let challenge = uma(&anonymous(&router).await, world.server.issuer());
    assert_eq!(ticket(&challenge), odd);
}

#[tokio::test]
async fn t1_the_endpoints_are_those_of_the_metadata_or_named() {
    let (world, _) = world().await;
    let asking = || {
        Realm::new(world.server.issuer())
            .unwrap()
            .audience(AUDIENCE)
            .clock(world.clock.clone())
            .keys(world.server.jwks().to_string())
            .client_secret(CLIENT_ID, CLIENT_SECRET)
    };
    let _ = world.server.signing_key(SigningAlgorithm::RS256);
    world
        .server
        .serve_well_known(WellKnown::OpenIdConfiguration, false);
    world
        .server
        .serve_well_known(WellKnown::OAuthAuthorizationServer, false);
    let issuer = asking().build().unwrap();
    uma(&anonymous(&open(&issuer)).await, world.server.issuer());
    assert_eq!(world.server.request_count(Endpoint::Discovery), 1);

    world
        .server
        .serve_well_known(WellKnown::Uma2Configuration, false);
    world.server.clear_requests();
    let issuer = asking()
        .token_endpoint(world.server.url(Endpoint::Token))
        .permission_endpoint(world.server.url(Endpoint::Permission))
        .build()
        .unwrap();
    uma(&anonymous(&open(&issuer)).await, world.server.issuer());
    assert_eq!(world.server.request_count(Endpoint::Discovery), 0);
    for address in ["permission", "http://id.example.com/permission"] {
        assert!(asking().permission_endpoint(address).build().is_err());
        assert!(asking().token_endpoint(address).build().is_err());
    }
}

/// A server with another token endpoint for clients with certificates.
#[derive(Debug, Clone, Default)]
struct WithAlias {
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpClient for WithAlias {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let uri = request.uri().to_string();
        self.asked.lock().unwrap().push(uri.clone());
        let (status, answer) = match uri.as_str() {
            "https://id.example.com/.well-known/uma2-configuration" => {
                let document = json!({
                    "issuer": "https://id.example.com",
                    "token_endpoint": "https://id.example.com/token",
                    "permission_endpoint": "https://id.example.com/permission",
                    "mtls_endpoint_aliases": { "token_endpoint": "https://mtls.id.example.com/token" },
                });
                (200, document)
            }
            "https://mtls.id.example.com/token" => (200, json!({ "access_token": "own" })),
            "https://id.example.com/permission" => (201, json!({ "ticket": "one" })),
            _ => (404, json!({})),
        };
        let answer = Bytes::from(answer.to_string());
        let response = Response::builder().status(status).body(answer).unwrap();
        Box::pin(async move { Ok(response) })
    }
}

#[tokio::test]
async fn t11_a_client_with_a_certificate_gets_its_token_at_the_alias() {
    let client = WithAlias::default();
    let issuer = Issuer::builder("https://id.example.com")
        .unwrap()
        .audience(AUDIENCE)
        .http_client(client.clone())
        .client_authentication(ClientAuthentication::tls_client_auth(CLIENT_ID).unwrap())
        .build()
        .unwrap();
    let reply = anonymous(&open(&issuer)).await;
    assert_eq!(ticket(&uma(&reply, "https://id.example.com")), "one");
    let asked = client.asked.lock().unwrap();
    assert_eq!(
        asked[1..],
        [
            "https://mtls.id.example.com/token",
            "https://id.example.com/permission",
        ]
    );
}
