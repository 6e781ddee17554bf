//! Permissions by UMA 2.0: decisions, requesting party tokens and tickets.

use portcullis_testing::{AuthorizationServer, Endpoint, WellKnown};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{decode, get_json, http, introspect, introspection};

const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket");
const AUDIENCE: (&str, &str) = ("audience", "orders-api");
const DECISION: (&str, &str) = ("response_mode", "decision");

async fn server() -> AuthorizationServer {
    let server = AuthorizationServer::start().await.unwrap();
    server.add_resource("album", ["view", "print"]);
    server.grant_permission("alice", "album", ["view"]);
    server
}

async fn grant(server: &AuthorizationServer, token: &str, form: &[(&str, &str)]) -> Response {
    let request = http().post(server.url(Endpoint::Token)).bearer_auth(token);
    request.form(form).send().await.unwrap()
}

async fn protection_token(server: &AuthorizationServer) -> String {
    let request = http()
        .post(server.url(Endpoint::Token))
        .basic_auth("orders-api", Some("orders-secret"))
        .form(&[("grant_type", "client_credentials")]);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn request_ticket(server: &AuthorizationServer, token: &str, body: &Value) -> Response {
    let request = http()
        .post(server.url(Endpoint::Permission))
        .bearer_auth(token);
    request.json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_decision_is_by_user_resource_and_scope() {
    let server = server().await;
    let (alice, bob) = (server.token().jwt(), server.token().subject("bob").jwt());
    for (token, permission, status, error) in [
        (&alice, "album#view", 200, Value::Null),
        (&alice, "album", 200, Value::Null),
        // As Keycloak has it: one of them is enough.
        (&alice, "album#view,print", 200, Value::Null),
        (&alice, "album#print", 403, json!("access_denied")),
        (&bob, "album#view", 403, json!("access_denied")),
        (&alice, "book#view", 400, json!("invalid_resource")),
        (&alice, "album#burn", 400, json!("invalid_scope")),
        (
            &"unknown".to_owned(),
            "album#view",
            400,
            json!("invalid_grant"),
        ),
    ] {
        let form = [GRANT, AUDIENCE, DECISION, ("permission", permission)];
        let answer = grant(&server, token, &form).await;
        assert_eq!(answer.status(), status, "{permission}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"], error, "{permission}");
        assert_eq!(answer["result"] == true, status == 200, "{permission}");
    }
    server.withdraw_permission("alice", "album");
    let form = [GRANT, AUDIENCE, DECISION, ("permission", "album#view")];
    assert_eq!(grant(&server, &alice, &form).await.status(), 403);
    let form = [GRANT, ("audience", "nobody"), DECISION];
    assert_eq!(grant(&server, &alice, &form).await.status(), 400);
}

#[tokio::test]
async fn what_is_granted_of_a_question_is_told_as_a_list() {
    let server = server().await;
    let (alice, bob) = (server.token().jwt(), server.token().subject("bob").jwt());
    let mode = ("response_mode", "permissions");
    let form = [GRANT, AUDIENCE, mode, ("permission", "album#view,print")];
    let answer: Value = grant(&server, &alice, &form).await.json().await.unwrap();
    assert_eq!(answer[0]["rsname"], "album", "{answer}");
    assert_eq!(answer[0]["scopes"], json!(["view"]), "{answer}");
    assert_eq!(answer.as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(grant(&server, &bob, &form).await.status(), 403);
    let form = [GRANT, AUDIENCE, ("response_mode", "other")];
    assert_eq!(grant(&server, &alice, &form).await.status(), 400);
}

#[tokio::test]
async fn a_ticket_is_good_once_for_a_token_with_what_it_was_issued_for() {
    let server = server().await;
    let alice = server.token().jwt();
    let own = protection_token(&server).await;
    let album = json!([{"resource_id": "album", "resource_scopes": ["view"]}]);
    let answer = request_ticket(&server, &own, &album).await;
    assert_eq!(answer.status(), 201);
    let answer: Value = answer.json().await.unwrap();
    let ticket = answer["ticket"].as_str().unwrap();
    let form = [GRANT, ("ticket", ticket)];
    let answer: Value = grant(&server, &alice, &form).await.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let (_, claims) = decode(token);
    let permission = &claims["authorization"]["permissions"][0];
    assert_eq!(permission["rsname"], "album");
    assert_eq!(permission["scopes"], json!(["view"]));
    assert_eq!(claims["sub"], "alice");
    assert_eq!(grant(&server, &alice, &form).await.status(), 400);

    // A user's token is no protection token.
    let refused = request_ticket(&server, &alice, &album).await;
    assert_eq!(refused.status(), 401);
    for (body, error) in [
        (json!([{"resource_id": "book"}]), "invalid_resource_id"),
        (
            json!({"resource_id": "album", "resource_scopes": ["burn"]}),
            "invalid_scope",
        ),
        (json!([]), "invalid_request"),
        (json!("album"), "invalid_request"),
    ] {
        let refused = request_ticket(&server, &own, &body).await;
        assert_eq!(refused.status(), 400, "{body}");
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(refused["error"], error, "{body}");
    }
}

#[tokio::test]
async fn permissions_are_told_to_those_who_ask_about_a_requesting_party_token() {
    let server = server().await;
    let alice = server.token().jwt();
    let form = [GRANT, AUDIENCE];
    let answer: Value = grant(&server, &alice, &form).await.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let plain = introspect(&server, token).await;
    assert_eq!(plain["sub"], "alice");
    for absent in ["permissions", "authorization"] {
        assert_eq!(plain[absent], Value::Null, "{plain}");
    }
    let hinted = introspection(&server, token).form(&[
        ("token", token),
        ("token_type_hint", "requesting_party_token"),
    ]);
    let hinted: Value = hinted.send().await.unwrap().json().await.unwrap();
    assert_eq!(hinted["active"], true);
    let permission = &hinted["permissions"][0];
    assert_eq!(permission["rsid"], permission["resource_id"]);
    assert_eq!(permission["resource_scopes"], json!(["view"]));
    for absent in ["sub", "iss", "azp", "client_id", "realm_access", "sid"] {
        assert_eq!(hinted[absent], Value::Null, "{hinted}");
    }
}

#[tokio::test]
async fn the_metadata_of_uma_has_the_permission_endpoint() {
    let server = server().await;
    let document = get_json(server.well_known_url(WellKnown::Uma2Configuration)).await;
    assert_eq!(document["issuer"], server.issuer());
    let endpoint = server.url(Endpoint::Permission);
    assert_eq!(document["permission_endpoint"], endpoint);
    assert_eq!(server.request_count(Endpoint::Discovery), 1);
    server.serve_well_known(WellKnown::Uma2Configuration, false);
    let url = server.well_known_url(WellKnown::Uma2Configuration);
    assert_eq!(http().get(url).send().await.unwrap().status(), 404);
    let other = get_json(server.well_known_url(WellKnown::OpenIdConfiguration)).await;
    assert_eq!(other["permission_endpoint"], Value::Null);
}
