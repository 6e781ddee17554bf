//! S3 to S8: what a list must be, and what it says.

use std::time::Duration;

use portcullis::{Clock, Reason, StatusLists};
use portcullis_conformance::{Instance, T0, base64url, get, notify};
use portcullis_testing::{Answer, Endpoint, Rotation, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::support::{Listed, MEDIA_TYPE, document, packed};

/// Asserts that with this answer the status cannot be known, and that it heals by itself.
async fn assert_unusable(listed: &Listed, answer: Answer, case: &str) {
    listed.answer(answer);
    let token = listed.token(0).jwt();
    let reply = listed.local.get(&token).await;
    assert_eq!(reply.status, 503, "{case}");
    reply.assert_unavailable();
    // Behind the cool-down of a failure.
    listed.local.world.clock.advance(Duration::from_secs(1));
    assert_eq!(
        listed.local.reason(&token).await,
        Reason::StatusUnavailable,
        "{case}"
    );
    listed.local.world.clock.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn s3_a_list_is_the_issuers_own_of_its_type_for_this_address_and_in_time() {
    let listed = Listed::start().await;
    let server = listed.local.server();
    let good = listed.list(&[0]);
    for typ in ["JWT", "at+jwt", "statuslist", "", "logout+jwt"] {
        let answer = document(listed.signed_as(typ, &good));
        assert_unusable(&listed, answer, typ).await;
    }
    let but = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    for claims in [
        but("sub", json!(format!("{}/", listed.uri()))),
        but("sub", json!(server.issuer())),
        without("sub"),
        without("iat"),
        but("iat", json!(T0 + 3600)),
        but("iat", json!("today")),
        but("exp", json!(T0 - 31)),
        but("exp", json!(0)),
        but("exp", json!("never")),
        but("iss", json!("https://other.example")),
        but("ttl", json!(0)),
        but("ttl", json!(-60)),
        but("ttl", json!("60")),
        without("status_list"),
        but("status_list", json!({"bits": 1})),
        but("status_list", json!({"lst": "eNrbuRgAAhcBXQ"})),
        but("status_list", json!({"bits": "1", "lst": "eNrbuRgAAhcBXQ"})),
        but("status_list", json!({"bits": 1, "lst": "eNrbuRgAAhcBXQ=="})),
    ] {
        let answer = document(listed.signed(&claims));
        assert_unusable(&listed, answer, &claims.to_string()).await;
    }
    let own = server.signing_key(SigningAlgorithm::RS256);
    let stranger = SigningKey::generate(SigningAlgorithm::RS256);
    let header = |alg: &str, kid: &str| json!({"alg": alg, "typ": "statuslist+jwt", "kid": kid});
    let forged = |alg: &str, key: &SigningKey, kid: &str| {
        key.sign_raw(header(alg, kid).to_string(), good.to_string())
    };
    for (case, list) in [
        ("a stranger's key", forged("RS256", &stranger, own.key_id())),
        (
            "an unknown key",
            forged("RS256", &stranger, stranger.key_id()),
        ),
        ("none", forged("none", &own, own.key_id())),
        ("nothing", String::new()),
        ("no JWT", "eNrbuRgAAhcBXQ".to_owned()),
        ("an access token", server.token().jwt()),
    ] {
        assert_unusable(&listed, document(list), case).await;
    }
    listed.answer(document(
        listed.signed_as("application/StatusList+jwt", &good),
    ));
    listed.local.accepts(&listed.token(0).jwt(), "good").await;
}

#[tokio::test]
async fn s4_a_list_is_asked_for_and_sent_by_its_type() {
    let listed = Listed::start().await;
    let list = listed.signed(&listed.list(&[0]));
    for kind in ["application/jwt", "application/json", "text/html", ""] {
        let answer = document(list.clone()).header("content-type", kind);
        assert_unusable(&listed, answer, kind).await;
    }
    let untyped = Answer::new(200).body(list.clone());
    assert_unusable(&listed, untyped, "untyped").await;
    let answer = document(list).header("content-type", "Application/StatusList+JWT; charset=utf-8");
    listed.answer(answer);
    listed.local.accepts(&listed.token(0).jwt(), "good").await;
    let request = listed
        .local
        .server()
        .requests(Endpoint::Other)
        .pop()
        .unwrap();
    assert_eq!(
        (request.method.as_str(), &*request.target),
        ("GET", "/statuslists/1")
    );
    assert_eq!(request.header("accept"), Some(MEDIA_TYPE));
    assert_eq!(request.header("authorization"), None);
}

/// Which places of a list are valid.
async fn assert_valid(listed: &Listed, places: usize, valid: &[usize]) {
    for place in 0..places {
        let status = listed.local.get(&listed.token(place).jwt()).await.status;
        let expected = if valid.contains(&place) { 200 } else { 401 };
        assert_eq!(status, expected, "{place}");
    }
}

#[tokio::test]
async fn s5_numbers_are_packed_from_the_lowest_bit_on() {
    let listed = Listed::start().await;
    let mut list = listed.list(&[]);
    list["status_list"] = json!({"bits": 1, "lst": "eNrbuRgAAhcBXQ"});
    listed.publish(&list);
    assert_valid(&listed, 16, &[1, 2, 6, 10, 11, 12, 14]).await;

    let listed = Listed::start().await;
    let mut list = listed.list(&[]);
    list["status_list"] = json!({"bits": 2, "lst": "eNo76fITAAPfAgc"});
    listed.publish(&list);
    assert_valid(&listed, 12, &[2, 4, 6]).await;

    for (bits, bytes, valid) in [
        (4, &[0x10, 0x02][..], &[0, 3][..]),
        (8, &[0, 1, 2, 0][..], &[0, 3][..]),
    ] {
        let listed = Listed::start().await;
        listed.publish(&listed.packed(bits, &packed(bytes)));
        assert_valid(&listed, 4, valid).await;
    }
    for bits in [0, 3, 5, 7, 16] {
        let listed = Listed::start().await;
        let answer = document(listed.signed(&listed.packed(bits, &packed(&[0; 4]))));
        assert_unusable(&listed, answer, &bits.to_string()).await;
    }
}

#[tokio::test]
async fn s6_a_place_that_the_list_does_not_have_is_refused() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0, 0]));
    listed
        .local
        .accepts(&listed.token(15).jwt(), "the last")
        .await;
    for index in [16, 17, u64::from(u32::MAX), u64::MAX] {
        let token = listed.token(index).jwt();
        listed.local.refuses(&token, &index.to_string()).await;
        assert_eq!(listed.local.reason(&token).await, Reason::StatusNotValid);
    }
}

#[tokio::test]
async fn s7_what_is_not_valid_is_refused_whatever_it_is() {
    let listed = Listed::start().await;
    let bytes: Vec<u8> = (0..=255).collect();
    listed.publish(&listed.packed(8, &packed(&bytes)));
    listed.local.accepts(&listed.token(0).jwt(), "valid").await;
    for status in [1, 2, 3, 4, 11, 12, 15, 128, 255] {
        let token = listed.token(status).jwt();
        listed.local.refuses(&token, &status.to_string()).await;
        assert_eq!(listed.local.reason(&token).await, Reason::StatusNotValid);
    }
    assert_eq!(listed.fetches(), 1);
}

#[tokio::test]
async fn s8_one_whole_zlib_stream_of_bounded_length_is_a_list() {
    let listed = Listed::start().await;
    let whole = packed(&[0; 1000]);
    let bomb = packed(&vec![0; (16 << 20) + 1]);
    for (case, lst) in [
        ("a bomb", bomb),
        ("truncated", whole[..whole.len() - 1].to_vec()),
        ("without its checksum", whole[..whole.len() - 4].to_vec()),
        ("followed by a byte", [&whole[..], b"\0"].concat()),
        ("twice", [&whole[..], &whole[..]].concat()),
        ("no zlib", vec![0; 100]),
        ("nothing", Vec::new()),
    ] {
        let answer = document(listed.signed(&listed.packed(1, &lst)));
        assert_unusable(&listed, answer, case).await;
    }
    let mut list = listed.list(&[0]);
    list["status_list"]["lst"] = json!(format!("{}!", base64url(&whole)));
    assert_unusable(&listed, document(listed.signed(&list)), "no base64").await;
    listed.publish(&listed.packed(1, &packed(&vec![0; 16 << 20])));
    listed
        .local
        .accepts(&listed.token(0).jwt(), "the longest")
        .await;
}

/// Whoever floods the receiver of notices takes nothing away from lists.
#[tokio::test]
async fn s3_a_flood_of_forged_notices_leaves_a_list_its_key() {
    let listed = Listed::start().await;
    let world = &listed.local.world;
    let issuer = world.told().status_lists(StatusLists::at_issuer());
    let instance = Instance::with(world, issuer).await;
    let token = listed.token(0).jwt();
    for number in 0..100 {
        let forged = world.server.logout_token();
        let forged = forged.header("kid", format!("invented-{number}"));
        notify(&instance.receiver, &forged.jwt()).await;
    }
    let keys = world.server.request_count(Endpoint::Jwks);
    let rotation = Rotation::KeepOld;
    world.server.rotate(SigningAlgorithm::RS256, rotation);
    let mut list = listed.list(&[0]);
    list["iat"] = json!(world.clock.now().as_seconds());
    listed.publish(&list);
    assert_eq!(get(&instance.jwt, &token).await.status, 200);
    assert_eq!(world.server.request_count(Endpoint::Jwks), keys + 1);
}
