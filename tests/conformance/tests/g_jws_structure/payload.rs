use portcullis_conformance::LocalWorld;

use super::{claims, claims_with, header_with};

fn with_payload(local: &LocalWorld, payload: impl Into<Vec<u8>>) -> String {
    local.server().token().raw_payload(payload).jwt()
}

#[tokio::test]
async fn g9_a_payload_that_is_no_json_object_is_refused() {
    let local = LocalWorld::start().await;
    let good = claims(&local).to_string();
    local
        .accepts(&with_payload(&local, good.as_str()), "an object")
        .await;
    let mut not_utf8 = claims_with(&local, r#","x":"?""#).into_bytes();
    let at = not_utf8.iter().rposition(|byte| *byte == b'?').unwrap();
    not_utf8[at] = 0xff;
    let payloads: [Vec<u8>; 15] = [
        b"[]".to_vec(),
        format!("[{good}]").into(),
        b"null".to_vec(),
        b"1".to_vec(),
        br#""{}""#.to_vec(),
        serde_json::json!(good).to_string().into(),
        b"{}".to_vec(),
        Vec::new(),
        good.as_bytes()[..good.len() - 1].to_vec(),
        good.as_bytes()[..good.len() / 2].to_vec(),
        format!("{good}x").into(),
        format!("{good}{good}").into(),
        format!("\u{feff}{good}").into(),
        not_utf8,
        claims_with(&local, r#","x":"\udc00""#).into(),
    ];
    for payload in payloads {
        let case = String::from_utf8_lossy(&payload).into_owned();
        local
            .refuses_unasked(&with_payload(&local, payload), &case)
            .await;
    }
}

#[tokio::test]
async fn g10_a_claim_name_that_stands_twice_is_refused() {
    let local = LocalWorld::start().await;
    let once = claims_with(&local, r#","r\u006fle":"user""#);
    local
        .accepts(&with_payload(&local, once), "escaped, once")
        .await;
    let issuer = local.server().issuer();
    for members in [
        r#","sub":"admin""#.to_owned(),
        r#","i\u0073s":"https://evil.example""#.to_owned(),
        format!(r#","iss":"{issuer}""#),
        r#","exp":1700009999"#.to_owned(),
        r#","aud":"other""#.to_owned(),
        r#","x":1,"x":1"#.to_owned(),
        r#","realm_access":{"roles":[],"roles":["admin"]}"#.to_owned(),
        r#","x":[{"y":1,"\u0079":2}]"#.to_owned(),
    ] {
        let token = with_payload(&local, claims_with(&local, &members));
        local.refuses_unasked(&token, &members).await;
    }
}

#[tokio::test]
async fn g11_deep_nesting_is_refused() {
    let local = LocalWorld::start().await;
    let nested = |depth: usize| format!(r#","x":{}{}"#, "[".repeat(depth), "]".repeat(depth));
    let objects =
        |depth: usize| format!(r#","x":{}1{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let header = |members: &str| {
        let header = header_with(&local, members);
        local.server().token().raw_header(header).jwt()
    };
    let payload = |members: &str| with_payload(&local, claims_with(&local, members));
    for members in [nested(100), objects(100)] {
        local
            .accepts(&payload(&members), "100 deep in the payload")
            .await;
        local
            .accepts(&header(&members), "100 deep in the header")
            .await;
    }
    let unclosed = format!(r#","x":{}"#, "[".repeat(10_000));
    for members in [
        nested(200),
        nested(5_000),
        objects(200),
        objects(1_500),
        unclosed.clone(),
    ] {
        local
            .refuses_unasked(&payload(&members), "deep in the payload")
            .await;
    }
    for members in [
        nested(200),
        nested(1_900),
        objects(200),
        objects(600),
        unclosed,
    ] {
        local
            .refuses_unasked(&header(&members), "deep in the header")
            .await;
    }
    let bare = with_payload(&local, "[".repeat(10_000));
    local.refuses_unasked(&bare, "nothing but brackets").await;
}

#[tokio::test]
async fn g12_a_token_beyond_the_limit_is_refused() {
    const LIMIT: usize = 16 * 1024;
    let local = LocalWorld::start().await;
    let mut seen = [false; 2];
    // Base64url has no text of 4n + 1 characters, so several lengths of the header are tried.
    for spaces in 0..4 {
        let header = format!("{}{}", header_with(&local, ""), " ".repeat(spaces));
        for filling in 11_500..12_000 {
            let members = format!(r#","x":"{}""#, "x".repeat(filling));
            let token = local.server().token().raw_header(header.as_str());
            let token = token
                .raw_payload(claims_with(&local, &members))
                .signature([0; 256])
                .jwt();
            if !(LIMIT..=LIMIT + 1).contains(&token.len()) {
                continue;
            }
            let signed = local.server().token().raw_header(header.as_str());
            let signed = signed.raw_payload(claims_with(&local, &members)).jwt();
            if signed.len() == LIMIT {
                seen[0] = true;
                local.accepts(&signed, "as long as a token may be").await;
            } else {
                seen[1] = true;
                local.refuses_unasked(&signed, "one character more").await;
            }
        }
    }
    assert_eq!(seen, [true, true], "both sides of the limit were reached");
}
