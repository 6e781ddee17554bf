//! The certificate of a connection that ends here.

use portcullis::CertificateSource;
use portcullis_conformance::{World, send};
use serde_json::json;

use crate::{bound_to, certificate, get_over, over, request, service, thumbprint, told};

#[tokio::test]
async fn n1_the_certificate_of_the_token_is_that_of_the_connection() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = service(issuer.jwt(), CertificateSource::connection());
    let (own, other) = (certificate(), certificate());
    let token = bound_to(&world, &thumbprint(&own));
    assert_eq!(get_over(&router, &own, &token).await.status, 200);
    get_over(&router, &other, &token)
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn n2_a_bound_token_without_a_certificate_is_refused() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = service(issuer.jwt(), CertificateSource::connection());
    let token = bound_to(&world, &thumbprint(&certificate()));
    send(&router, request("/", &token))
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn n3_the_certificate_that_introspection_names_counts_too() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = service(issuer.introspection(), CertificateSource::connection());
    let (own, other) = (certificate(), certificate());
    let token = world
        .server
        .token()
        .introspects_as(told(&thumbprint(&own)))
        .opaque();
    get_over(&router, &other, &token)
        .await
        .assert_invalid_token();
    send(&router, request("/", &token))
        .await
        .assert_invalid_token();
    assert_eq!(get_over(&router, &own, &token).await.status, 200);
}

#[tokio::test]
async fn n4_a_thumbprint_has_one_spelling() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = service(issuer.jwt(), CertificateSource::connection());
    let own = certificate();
    let good = thumbprint(&own);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &own);
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &own);
    for bad in [
        format!("{good}="),
        hex,
        portcullis_conformance::base64url(sha1),
        String::new(),
        good.get(..42).unwrap().to_owned(),
    ] {
        let token = bound_to(&world, &bad);
        get_over(&router, &own, &token).await.assert_invalid_token();
    }
    let x5t = json!({"x5t": good});
    let token = world.server.token().claim("cnf", x5t).jwt();
    get_over(&router, &own, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn n7_a_certificate_does_not_bind_a_token() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = service(issuer.jwt(), CertificateSource::connection());
    let (own, unbound) = (certificate(), world.server.token().jwt());
    assert_eq!(get_over(&router, &own, &unbound).await.status, 200);
    // A route may insist.
    let refused = send(&router, over(&own, request("/bound", &unbound))).await;
    refused.assert_invalid_token();
    let token = bound_to(&world, &thumbprint(&own));
    let admitted = send(&router, over(&own, request("/bound", &token))).await;
    assert_eq!(admitted.status, 200);
}

#[tokio::test]
async fn m24_a_certificate_is_no_key_of_proofs() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = service(issuer.jwt(), CertificateSource::connection());
    let certificate = certificate();
    for (kind, status) in [("Bearer", 200), ("DPoP", 401)] {
        let cnf = serde_json::json!({"x5t#S256": thumbprint(&certificate)});
        let token = world.server.token().claim("cnf", cnf).claim("typ", kind);
        let reply = get_over(&router, &certificate, &token.jwt()).await;
        assert_eq!(reply.status, status, "{kind}");
    }
}
