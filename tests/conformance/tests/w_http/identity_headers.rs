use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use portcullis::Authenticator;
use portcullis_conformance::{AUDIENCE, World};
use portcullis_gateway::{Config, Gate, forwarded::Peer};

const FILE: &str = r#"
[forward_auth]
gateway = "traefik"
listen = "127.0.0.1:9180"
[issuer]
url = "https://id.example.com"
audience = ["orders-api"]
[identity]
X-User = "subject"
X-Groups = "/groups"
[[rules]]
path = "/public"
public = true
[[rules]]
path = "/orders"
"#;

/// What the upstream of a gateway gets under these names, whatever the client has sent: a gateway
/// overwrites them with what the answer says.
const OWNED: [&str; 3] = ["authorization", "x-groups", "x-user"];

#[tokio::test]
async fn w15_every_answer_to_a_gateway_overwrites_every_identity_header() {
    let world = World::start().await;
    let authenticator = Authenticator::new(world.asking().build().unwrap().hybrid());
    let gate = Gate::new(Config::parse(FILE).unwrap().policy, authenticator);
    let token = world
        .server
        .token()
        .subject("alice")
        .audience(AUDIENCE)
        .jwt();
    let good = format!("Bearer {token}");
    for (path, token, status, user) in [
        ("/orders", Some(&*good), StatusCode::OK, "alice"),
        ("/orders", None, StatusCode::UNAUTHORIZED, ""),
        (
            "/orders",
            Some("Bearer nonsense"),
            StatusCode::UNAUTHORIZED,
            "",
        ),
        ("/public", Some(&*good), StatusCode::OK, ""),
        ("/public", None, StatusCode::OK, ""),
        ("/nowhere", Some(&*good), StatusCode::FORBIDDEN, ""),
        ("//orders", Some(&*good), StatusCode::FORBIDDEN, ""),
    ] {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-forwarded-method", "GET"),
            ("x-forwarded-uri", path),
            ("x-user", "root"),
            ("x-user", "root"),
            ("x_user", "root"),
            ("x-groups", "admins"),
        ] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(token).unwrap());
        }
        let answer = gate.answer(Peer::Socket, &headers).await;
        assert_eq!(answer.status(), status, "{path} {token:?}");
        for (name, value) in OWNED.into_iter().zip(["", "", user]) {
            let values: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(values, [value], "{name} of {path} {token:?}");
        }
    }
}
