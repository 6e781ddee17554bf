//! What a client sends, and whether any of it comes back.

use axum::{Router, body::Body};
use http::{HeaderValue, Request, header};
use portcullis_conformance::{Reply, T0, World, challenges, get, protected, send};
use portcullis_testing::SigningAlgorithm;
use serde_json::Value;

/// RFC 6750 §3: `error_description` has these characters and no others.
fn is_permitted(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

fn assert_harmless(reply: &Reply, sent: &str) {
    assert!(reply.status.is_client_error(), "{sent:?}: {reply:?}");
    for challenge in challenges(&reply.headers) {
        for name in ["error", "error_description"] {
            let value = challenge.parameter(name).unwrap_or_default();
            assert!(value.bytes().all(is_permitted), "{sent:?}: {value:?}");
        }
    }
    assert!(!reply.headers.contains_key(header::SET_COOKIE), "{sent:?}");
    let told = format!("{:?} {:?}", reply.headers, reply.body);
    assert!(!told.contains("evil"), "{sent:?}: {told}");
}

/// Texts that would do harm in a header or a body, each with its mark.
const TEXTS: [&str; 12] = [
    "\r\nSet-Cookie: evil=1",
    "\nevil",
    "evil\0",
    "evil\\",
    "evil\", error=\"none",
    "evil\u{7f}\u{80}\u{2028}",
    "évil-evil",
    "</script><script>evil()</script>",
    "evil\\\"",
    "%0d%0aSet-Cookie:%20evil=1",
    "{{evil}}",
    "https://evil.example/é\\",
];

#[tokio::test]
async fn c8_nothing_of_a_token_is_reflected() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    for text in TEXTS {
        for token in tokens_with(&world, text) {
            assert_harmless(&get(&router, &token).await, text);
        }
    }
    let good = world.server.token().claim("note", "evil").jwt();
    assert_eq!(get(&router, &good).await.status, 200);
}

/// Tokens with the text wherever a verifier looks. They are properly signed.
fn tokens_with(world: &World, text: &str) -> Vec<String> {
    let mint = || world.server.token();
    // Issued before the keys were fetched, so that an unknown key id is judged.
    let mut tokens: Vec<String> = ["kid", "typ", "alg", "crit"]
        .map(|name| mint().header(name, text).claim("iat", T0 - 60).jwt())
        .into();
    tokens.extend(
        ["iss", "aud", "exp", "typ", "nbf", "iat"].map(|name| mint().claim(name, text).jwt()),
    );
    tokens.push(mint().claim(text, text).claim("sub", Value::Null).jwt());
    tokens.push(mint().raw_header(format!("{{\"alg\":\"{text}\"")).jwt());
    tokens.push(mint().raw_payload(format!("{{\"iss\":\"{text}")).jwt());
    tokens.push(
        world
            .server
            .signing_key(SigningAlgorithm::RS256)
            .sign_raw(text, text),
    );
    tokens
}

#[tokio::test]
async fn c8_nothing_of_an_authorization_header_is_reflected() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2_000 {
        let mut line = b"Bearer ".to_vec();
        line.extend((0..random.below(40)).map(|_| random.byte()));
        line.extend_from_slice(b"evil");
        if round % 3 == 0 {
            line.drain(..usize::from(random.byte()) % 8);
        }
        let Ok(value) = HeaderValue::from_bytes(&line) else {
            continue;
        };
        let reply = send(&router, request_with(value)).await;
        assert_harmless(&reply, &String::from_utf8_lossy(&line));
    }
}

fn request_with(value: HeaderValue) -> Request<Body> {
    let request = Request::get("/").header(header::AUTHORIZATION, value);
    request.body(Body::empty()).unwrap()
}

/// Numbers that are the same in every run (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A byte that can stand in a header value.
    fn byte(&mut self) -> u8 {
        loop {
            let [byte, ..] = self.next().to_le_bytes();
            if byte == b'\t' || (byte >= 0x20 && byte != 0x7f) {
                return byte;
            }
        }
    }
}

#[tokio::test]
async fn c8_nothing_of_the_request_line_or_other_headers_is_reflected() {
    let world = World::start().await;
    let router: Router = protected(world.asking().build().unwrap().hybrid());
    for line in ["Bearer", "Basic x", "Bearer a$b"] {
        let request = Request::get("/evil?evil=evil")
            .header(header::AUTHORIZATION, line)
            .header(header::HOST, "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header(header::ORIGIN, "https://evil.example")
            .header(header::ACCEPT, "text/evil");
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_harmless(&reply, line);
    }
}
