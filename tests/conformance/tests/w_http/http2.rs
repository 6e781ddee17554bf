//! Field names and values as they travel.

use http::{Request, StatusCode, header};
use portcullis_conformance::{Wire, World, protected};

use crate::frames::{self, Fate};

/// A protected API on the wire, and a token that it takes.
async fn api() -> (World, Wire, String) {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let wire = Wire::serve(router).await;
    let good = world.server.token().jwt();
    (world, wire, good)
}

fn is_claims(fate: &Fate) -> bool {
    matches!(fate, Fate::Answered(body) if body.contains("\"sub\":\"alice\""))
}

fn is_error(fate: &Fate, error: &str) -> bool {
    matches!(fate, Fate::Answered(body) if body.contains(&format!("\"error\":\"{error}\"")))
}

#[tokio::test]
async fn w8_names_are_matched_without_case() {
    let (_world, wire, good) = api().await;
    for name in [
        "authorization",
        "Authorization",
        "AUTHORIZATION",
        "aUtHoRiZaTiOn",
    ] {
        let reply = wire
            .ask(format!(
                "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n{name}: Bearer {good}\r\n\r\n"
            ))
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{name}");
    }
    let request = Request::get("http://api/")
        .header("AUTHORIZATION", format!("Bearer {good}"))
        .body(bytes::Bytes::new())
        .unwrap();
    assert_eq!(wire.ask_http2(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn w8_an_upper_case_name_is_malformed_in_http_2() {
    let (_world, wire, good) = api().await;
    let value = format!("Bearer {good}");
    let fate = frames::get(&wire, &[("Authorization", &value)], &[]).await;
    assert_eq!(fate, Fate::Reset);
    let fate = frames::get(&wire, &[("authorization", &value)], &[]).await;
    assert!(is_claims(&fate), "{fate:?}");
}

#[tokio::test]
async fn w8_authorization_split_over_continuations_is_joined() {
    let (_world, wire, good) = api().await;
    let value = format!("Bearer {good}");
    let fields = [("authorization", value.as_str())];
    let start = frames::place_of(&fields, &value);
    let whole = value.len();
    let other_end = if value.ends_with('A') { "Q" } else { "A" };
    let forged = format!("{}{other_end}", value.get(..whole - 1).unwrap());
    for cuts in [
        vec![start],
        vec![start - 5],
        vec![start + 3],
        vec![start + 7],
        vec![start + whole - 1],
        vec![start + 1, start + 2, start + 3, start + 4],
        (1..5).map(|piece| start + piece * whole / 5).collect(),
    ] {
        let fate = frames::get(&wire, &fields, &cuts).await;
        assert!(is_claims(&fate), "{cuts:?}: {fate:?}");
        let fate = frames::get(&wire, &[("authorization", &forged)], &cuts).await;
        assert!(is_error(&fate, "invalid_token"), "{cuts:?}: {fate:?}");
    }
}

#[tokio::test]
async fn w8_a_second_field_is_seen_wherever_it_stands() {
    let (_world, wire, good) = api().await;
    let value = format!("Bearer {good}");
    let twice = [
        ("authorization", value.as_str()),
        ("x-between", "1"),
        ("authorization", value.as_str()),
    ];
    let between = frames::place_of(&twice, "x-between");
    for cuts in [vec![], vec![between], vec![between - 30, between + 40]] {
        let fate = frames::get(&wire, &twice, &cuts).await;
        assert!(is_error(&fate, "invalid_request"), "{cuts:?}: {fate:?}");
    }
    let once = twice.get(..2).unwrap();
    let fate = frames::get(&wire, once, &[between]).await;
    assert!(is_claims(&fate), "{fate:?}");
}

#[tokio::test]
async fn w8_the_challenge_travels_in_lower_case() {
    let (_world, wire, _) = api().await;
    let request = Request::get("http://api/")
        .body(bytes::Bytes::new())
        .unwrap();
    let reply = wire.ask_http2(request).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        reply.headers[header::WWW_AUTHENTICATE],
        "Bearer realm=\"api\""
    );
}
