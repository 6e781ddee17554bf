use envoy_types::pb::envoy::service::auth::v3::CheckRequest;
use portcullis::Thumbprint;
use rcgen::generate_simple_self_signed;

use crate::world::{LOCAL, World, question};

const RULES: &str = "[[rules]]\npath = \"/orders\"\n";

fn shown(mut question: CheckRequest, pem: &str) -> CheckRequest {
    let source = question
        .attributes
        .as_mut()
        .unwrap()
        .source
        .as_mut()
        .unwrap();
    // As Envoy encodes it.
    source.certificate = pem
        .replace(' ', "%20")
        .replace('+', "%2B")
        .replace('/', "%2F");
    source.certificate = source.certificate.replace('=', "%3D").replace('\n', "%0A");
    question
}

/// RFC 8705 §3: Envoy says which certificate its client has shown.
#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_is_good_with_that_one_alone() {
    let world = World::start(LOCAL, RULES).await;
    let [own, other] = [0, 1].map(|_| {
        generate_simple_self_signed(["shop-web".to_owned()])
            .unwrap()
            .cert
    });
    let thumbprint = Thumbprint::of(own.der()).to_string();
    let bound = world
        .token()
        .claim("cnf", serde_json::json!({ "x5t#S256": thumbprint }))
        .jwt();
    let authorization = format!("Bearer {bound}");
    let asked = || question("GET /orders", &[("authorization", &authorization)]);
    world.check(shown(asked(), &own.pem())).await.allowed();
    world.check(shown(asked(), &other.pem())).await.denied(401);
    world.check(asked()).await.denied(401);
    world.check(shown(asked(), "nonsense")).await.denied(403);
}
