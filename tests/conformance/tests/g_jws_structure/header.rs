use portcullis_conformance::{LocalWorld, T0, World, base64url, get, protected};
use portcullis_testing::{AuthorizationServer, Endpoint, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::{claims, header_with};

fn with_header(local: &LocalWorld, header: impl Into<Vec<u8>>) -> String {
    local.server().token().raw_header(header).jwt()
}

#[tokio::test]
async fn g7_a_header_that_is_no_json_object_is_refused() {
    let local = LocalWorld::start().await;
    let good = header_with(&local, "");
    local
        .accepts(&with_header(&local, good.as_str()), "an object")
        .await;
    let utf16 = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut not_utf8 = header_with(&local, r#","x":"?""#).into_bytes();
    let at = not_utf8.iter().position(|byte| *byte == b'?').unwrap();
    not_utf8[at] = 0xff;
    let headers: [Vec<u8>; 16] = [
        b"[]".to_vec(),
        format!("[{good}]").into(),
        br#""x""#.to_vec(),
        b"null".to_vec(),
        b"1".to_vec(),
        b"{}".to_vec(),
        format!("\u{feff}{good}").into(),
        utf16,
        not_utf8,
        format!("{good}x").into(),
        format!("{good}{good}").into(),
        format!("{good}\0").into(),
        good.trim_end_matches('}').into(),
        header_with(&local, r#","x":"\ud800""#).into(),
        header_with(&local, ",").into(),
        good.replace('"', "'").into(),
    ];
    for header in headers {
        let token = with_header(&local, header.as_slice());
        let case = String::from_utf8_lossy(&header);
        local.refuses_unasked(&token, &case).await;
    }
}

#[tokio::test]
async fn g8_a_header_name_that_stands_twice_is_refused() {
    let local = LocalWorld::start().await;
    let kid = local.key_id();
    let escaped_once = format!(r#"{{"a\u006cg":"RS256","kid":"{kid}"}}"#);
    local
        .accepts(&with_header(&local, escaped_once), "escaped, once")
        .await;
    for members in [
        r#""alg":"none","alg":"RS256""#,
        r#""alg":"RS256","alg":"none""#,
        r#""alg":"RS256","alg":"RS256""#,
        r#""a\u006cg":"none","alg":"RS256""#,
        r#""alg":"RS256","a\u006cg":"none""#,
        r#""alg":"RS256","kid":"other""#,
        r#""alg":"RS256","typ":"JWT","typ":"JWT""#,
        r#""alg":"RS256","x":1,"x":1"#,
        r#""alg":"RS256","x":{"y":1,"y":2}"#,
    ] {
        let header = format!(r#"{{{members},"kid":"{kid}"}}"#);
        local
            .refuses_unasked(&with_header(&local, header), members)
            .await;
    }
}

#[tokio::test]
async fn g12_a_header_beyond_4_kib_is_refused() {
    let local = LocalWorld::start().await;
    let length = header_with(&local, r#","x":"""#).len();
    let of_length = |bytes: usize| {
        let filling = "x".repeat(bytes - length);
        let header = header_with(&local, &format!(r#","x":"{filling}""#));
        assert_eq!(header.len(), bytes);
        with_header(&local, header)
    };
    for good in [4094, 4095, 4096] {
        local.accepts(&of_length(good), &good.to_string()).await;
    }
    for bad in [4097, 4098, 4099, 8192] {
        local
            .refuses_unasked(&of_length(bad), &bad.to_string())
            .await;
    }
}

/// Every way in which a token can bring or name its own key.
fn own_keys(key: &SigningKey, host: &AuthorizationServer) -> [(&'static str, Value); 6] {
    let der = base64url(key.public_key_der());
    [
        ("jwk", key.jwk()),
        ("jku", json!(host.url(Endpoint::Jwks))),
        ("x5u", json!(host.url(Endpoint::Jwks))),
        ("x5c", json!([der])),
        ("x5t", json!(base64url([7; 20]))),
        ("x5t#S256", json!(base64url([7; 32]))),
    ]
}

#[tokio::test]
async fn g16_a_token_never_brings_its_own_key() {
    let local = LocalWorld::start().await;
    let attacker = AuthorizationServer::start().await.unwrap();
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
        let forged = attacker.signing_key(algorithm);
        let good = local.server().signing_key(algorithm);
        for (name, value) in own_keys(&forged, &attacker) {
            let token = local.server().token().signed_with(&forged);
            // Older than the key set, so that the set may judge an unknown key id.
            let token = token.header(name, value).claim("iat", T0 - 60);
            let named = token.clone().header("kid", good.key_id()).jwt();
            local.refuses_unasked(&named, name).await;
            let unnamed = token.clone().without_header("kid").jwt();
            local.refuses_unasked(&unnamed, name).await;
            // An unknown key id may ask our issuer for its keys again, and nobody else.
            local.refuses(&token.jwt(), name).await;
        }
    }
    assert_eq!(attacker.total_request_count(), 0);
    assert_eq!(attacker.connection_count(), 0);
    let others =
        local.server().total_request_count() - local.server().request_count(Endpoint::Jwks);
    assert_eq!(others, local.server().request_count(Endpoint::Discovery));
}

#[tokio::test]
async fn g17_such_headers_on_a_good_token_do_no_harm() {
    let local = LocalWorld::start().await;
    let host = AuthorizationServer::start().await.unwrap();
    let other = host.signing_key(SigningAlgorithm::RS256);
    for (name, value) in own_keys(&other, &host) {
        let token = local.server().token().header(name, value).jwt();
        local.accepts(&token, name).await;
    }
    assert_eq!(host.connection_count(), 0);
    assert_eq!(local.server().total_request_count(), 0);
}

#[tokio::test]
async fn g18_unknown_members_of_any_type_are_ignored() {
    let local = LocalWorld::start().await;
    for value in [
        "1",
        "{}",
        "null",
        "[1,[2]]",
        "true",
        "1.5",
        r#""""#,
        r#"{"alg":"none"}"#,
    ] {
        for name in ["x", "y", "https://example.com/claim"] {
            let header = header_with(&local, &format!(r#","{name}":{value}"#));
            local.accepts(&with_header(&local, header), value).await;
        }
    }
}

#[tokio::test]
async fn g19_a_nested_token_is_not_followed() {
    let local = LocalWorld::start().await;
    let inner = local.server().token().jwt();
    let nested = |cty: &str, payload: &str| {
        let header = header_with(&local, &format!(r#","cty":"{cty}""#));
        let token = local.server().token().raw_header(header);
        token.raw_payload(payload).jwt()
    };
    local
        .accepts(
            &nested("json", &claims(&local).to_string()),
            "no nested token",
        )
        .await;
    for cty in ["JWT", "jwt"] {
        local
            .refuses_unasked(&nested(cty, &inner), "a token inside")
            .await;
        let flat = nested(cty, &claims(&local).to_string());
        local.refuses_unasked(&flat, "claims inside").await;
    }
    let unannounced = local.server().token().raw_payload(inner).jwt();
    local
        .refuses_unasked(&unannounced, "a token inside, not announced")
        .await;
}

#[tokio::test]
async fn g20_compression_is_ignored() {
    let local = LocalWorld::start().await;
    let header = header_with(&local, r#","zip":"DEF""#);
    local
        .accepts(&with_header(&local, header.as_str()), "not compressed")
        .await;
    // A stored block of DEFLATE (RFC 1951 §3.2.4): whoever inflates it finds good claims.
    let claims = claims(&local).to_string();
    let length = u16::try_from(claims.len()).unwrap();
    let mut deflated = vec![1];
    deflated.extend(length.to_le_bytes());
    deflated.extend((!length).to_le_bytes());
    deflated.extend(claims.as_bytes());
    let token = local.server().token().raw_header(header);
    local
        .refuses_unasked(&token.raw_payload(deflated).jwt(), "compressed")
        .await;
}

#[tokio::test]
async fn g21_algorithm_names_are_matched_with_case() {
    let world = World::start().await;
    let key_id = world.server.signing_key(SigningAlgorithm::RS256);
    // A key that does not name its algorithm leaves the header's word alone to decide.
    world
        .server
        .patch_jwk(key_id.key_id(), &json!({"alg": null}));
    let local = LocalWorld::on(world, |realm| realm).await;
    let token = local.server().token();
    local
        .accepts(&token.clone().header("alg", "RS256").jwt(), "RS256")
        .await;
    for alg in [
        "rs256",
        "Rs256",
        "rS256",
        "RS256 ",
        " RS256",
        "RS256\0",
        "RS-256",
        "HS256 ",
        "hs256",
        "ＲＳ256",
    ] {
        local
            .refuses_unasked(&token.clone().header("alg", alg).jwt(), alg)
            .await;
    }
}

/// Where a hybrid verifier could ask, a JWT that is bad here is not asked about either.
#[tokio::test]
async fn g7_a_malformed_header_never_reaches_introspection() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.hybrid());
    world.server.clear_requests();
    for header in [
        "{}",
        r#"{"alg":"none"}"#,
        r#"{"alg":"RS256","alg":"RS256"}"#,
        r#"{"alg":1}"#,
    ] {
        let token = world.server.token().raw_header(header).jwt();
        get(&router, &token).await.assert_invalid_token();
    }
    assert_eq!(world.server.total_request_count(), 0);
}
