//! U5 and U6: what goes along as metadata, in both directions.

use portcullis_conformance::{World, challenges};
use portcullis_testing::{Endpoint, Fault};
use tonic::Code;

use crate::service::Served;

#[tokio::test]
async fn u5_the_challenge_is_also_sent_as_metadata() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let token = format!("Bearer {}", world.server.token().jwt());
    for (method, authorization, error) in [
        ("List", None, None),
        ("List", Some("Bearer no-good"), Some("invalid_token")),
        ("List", Some("Bearer"), Some("invalid_request")),
        ("Close", Some(token.as_str()), Some("insufficient_scope")),
        ("Export", Some(&token), Some("insufficient_scope")),
    ] {
        let headers: Vec<_> = authorization
            .map(|value| ("authorization", value))
            .into_iter()
            .collect();
        let answer = served.call(method, &headers).await;
        answer.assert_trailers_only();
        let challenges = challenges(&answer.headers);
        assert_eq!(challenges.len(), 1, "{authorization:?}");
        assert_eq!(challenges[0].scheme, "Bearer");
        assert_eq!(challenges[0].parameter("error"), error, "{authorization:?}");
        let scope = (method == "Export").then_some("export");
        assert_eq!(challenges[0].parameter("scope"), scope);
        // And a gRPC client finds it in the status it is given.
        let status = answer.status();
        assert!(status.metadata().contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn u5_where_a_new_token_would_not_help_there_is_no_challenge() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let token = format!("Bearer {}", world.server.token().opaque());
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(503));
    let answer = served.call("List", &[("authorization", &token)]).await;
    assert_eq!(answer.status().code(), Code::Unavailable);
    assert_eq!(answer.header("www-authenticate"), None);
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn u6_only_the_ascii_entry_counts() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let token = world.server.token().jwt();
    let bearer = format!("Bearer {token}");
    // gRPC sends binary metadata as base64.
    let binary = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bearer);
    for name in ["authorization-bin", "authorization2", "grpc-authorization"] {
        for value in [&binary, &bearer] {
            let answer = served.call("List", &[(name, value.as_str())]).await;
            assert_eq!(answer.status().code(), Code::Unauthenticated, "{name}");
            assert_eq!(challenges(&answer.headers)[0].parameter("error"), None);
        }
    }
    assert_eq!(world.server.total_request_count(), 0);
    let answer = served.call("List", &[("authorization", &bearer)]).await;
    assert_eq!(answer.status().code(), Code::Ok);
    let both = [
        ("authorization-bin", "Z2FyYmFnZQ=="),
        ("authorization", bearer.as_str()),
    ];
    assert_eq!(served.call("List", &both).await.status().code(), Code::Ok);
}

#[tokio::test]
async fn u6_two_entries_are_unauthenticated() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let bearer = format!("Bearer {}", world.server.token().jwt());
    let once = ("authorization", bearer.as_str());
    assert_eq!(served.call("List", &[once]).await.status().code(), Code::Ok);
    world.server.clear_requests();
    let basic = ("authorization", "Basic Zm9vOmJhcg==");
    for entries in [[once, once], [once, basic], [basic, once]] {
        let answer = served.call("List", &entries).await;
        answer.assert_trailers_only();
        assert_eq!(answer.status().code(), Code::Unauthenticated, "{entries:?}");
    }
    assert_eq!(world.server.total_request_count(), 0);
}
