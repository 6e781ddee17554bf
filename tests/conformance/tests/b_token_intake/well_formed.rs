use axum::body::Body;
use http::{Request, StatusCode, header};
use portcullis::{AuthenticateLayer, AuthorizationHeader};
use portcullis_conformance::{get, protected, send};
use portcullis_testing::Endpoint;

use crate::support::{Api, assert_answer, vouching};

#[tokio::test]
async fn b1_the_scheme_is_matched_without_case() {
    let api = Api::start().await;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        api.accepts(&[&format!("{scheme} {}", api.good)]).await;
    }
}

#[tokio::test]
async fn b2_several_spaces_after_the_scheme_are_accepted() {
    let api = Api::start().await;
    for spaces in [" ", "  ", "   ", &" ".repeat(100)] {
        api.accepts(&[&format!("Bearer{spaces}{}", api.good)]).await;
    }
}

#[tokio::test]
async fn b4_without_credentials_the_challenge_names_no_error() {
    let api = Api::start().await;
    api.refuses_unasked(&[], 401, None).await;
    let reply = api.get(&[]).await;
    let challenge = &reply.headers[header::WWW_AUTHENTICATE];
    assert_eq!(challenge, "Bearer realm=\"api\"");
}

#[tokio::test]
async fn b5_another_scheme_counts_as_no_credentials() {
    let api = Api::start().await;
    for line in [
        "Basic Zm9vOmJhcg==",
        "Negotiate x",
        "Bearertok",
        "Token abc",
        "Digest username=\"a\", realm=\"b\"",
        "DPoP abc",
        "Bearer-ish abc",
        "",
    ] {
        api.refuses_unasked(&[line], 401, None).await;
    }
    let glued = format!("Bearer{}", api.good);
    api.refuses_unasked(&[&glued], 401, None).await;
    let other = format!("Token {}", api.good);
    api.refuses_unasked(&[&other], 401, None).await;
    api.accepts(&[&format!("Bearer {}", api.good)]).await;
}

#[tokio::test]
async fn b7_every_token68_character_reaches_the_verifier() {
    let verifier = vouching();
    let router = protected(verifier.clone());
    let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    let padded = format!("{all}====");
    let tokens = ["aA0-._~+/==", all, &padded, "a", "-", "."];
    for token in tokens {
        let reply = get(&router, token).await;
        assert_eq!(reply.status, StatusCode::OK, "{token}: {reply:?}");
    }
    assert_eq!(verifier.heard(), tokens);
}

#[tokio::test]
async fn b7_an_opaque_token_of_all_characters_is_asked_about_unchanged() {
    let api = Api::start().await;
    let token = api.world.server.token().opaque_value("aA0-._~+/==");
    api.accepts(&[&format!("Bearer {token}")]).await;
    let requests = api.world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.first().unwrap().form_value("token"), Some(token));
}

/// The longest token the default lets through.
const MAX: usize = 16 * 1024;

#[tokio::test]
async fn b13_a_token_over_the_limit_never_reaches_the_verifier() {
    let verifier = vouching();
    let router = protected(verifier.clone());
    for (length, status) in [(MAX, 200), (MAX + 1, 401), (1024 * 1024, 401)] {
        let reply = get(&router, &"a".repeat(length)).await;
        assert_eq!(reply.status, status, "{length}");
        if status == 401 {
            assert_answer(&reply, 401, Some("invalid_token"), &length.to_string());
        }
    }
    let lengths: Vec<_> = verifier.heard().iter().map(String::len).collect();
    assert_eq!(lengths, [MAX]);
}

#[tokio::test]
async fn b13_the_limit_counts_the_token_alone_and_can_be_set() {
    let verifier = vouching();
    let extractor = AuthorizationHeader::default().max_token_length(8);
    let router = axum::Router::new()
        .route("/", axum::routing::get(|| async {}))
        .layer(AuthenticateLayer::new(verifier.clone()).extractor(extractor));
    for (line, status) in [
        ("Bearer 12345678", 200),
        ("Bearer         12345678", 200),
        ("Bearer 123456789", 401),
        ("Bearer 12345678=", 401),
    ] {
        let request = Request::get("/").header(header::AUTHORIZATION, line);
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{line}");
    }
    assert_eq!(verifier.heard(), ["12345678", "12345678"]);
}

#[tokio::test]
async fn b13_an_opaque_token_over_the_limit_is_not_asked_about() {
    let api = Api::start().await;
    let longest = api.world.server.token().opaque_value("a".repeat(MAX));
    let too_long = api.world.server.token().opaque_value("a".repeat(MAX + 1));
    api.accepts(&[&format!("Bearer {longest}")]).await;
    let line = format!("Bearer {too_long}");
    api.refuses_unasked(&[&line], 401, Some("invalid_token"))
        .await;
}
