//! The same over TLS, and clients that prove who they are with a certificate (RFC 8705 §2).

use http::StatusCode;
use portcullis::{
    ClientAuthentication, ClientCertificate, IssuerBuilder, ReqwestClient, ReqwestClientBuilder,
    WithCredentials,
};
use portcullis_conformance::{get, post_active};
use portcullis_oidc_provider_suite::{Authority, Certificate};
use serde_json::json;

use crate::world::{ORDERS, World, services};

/// A client that trusts this authority alone.
fn trusting(authority: &Authority) -> ReqwestClientBuilder {
    ReqwestClient::builder().root_certificate(authority.certificate())
}

/// The service as the client `id`, which presents this certificate.
fn presenting(
    world: &World,
    authority: &Authority,
    id: &str,
    certificate: &Certificate,
) -> IssuerBuilder<WithCredentials> {
    let certificate = ClientCertificate::from_pem(certificate.pem()).unwrap();
    let http = trusting(authority).client_certificate(certificate);
    world
        .local()
        .http_client(http.build().unwrap())
        .client_authentication(ClientAuthentication::tls_client_auth(id).unwrap())
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_is_asked_and_another_is_not() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let tls = authority.server().unwrap();
    let Some(world) = World::with(|configuration| configuration.tls(tls)).await else {
        return;
    };
    assert!(world.server.issuer().starts_with("https://"));
    let token = world.token(ORDERS).await;
    let asking = |authority| {
        let http = trusting(authority).build().unwrap();
        services(world.asking().http_client(http))
    };
    for (way, service) in asking(&authority) {
        assert_eq!(get(&service, &token).await.status, StatusCode::OK, "{way}");
        let reply = post_active(&service, &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{way}");
    }
    for (_, service) in asking(&stranger) {
        get(&service, &token).await.assert_unavailable();
    }
}

#[tokio::test]
async fn a_certificate_proves_who_the_client_is_and_another_one_is_500() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let certified = authority.client("orders-api").unwrap();
    let of_its_own = Certificate::self_signed("orders-api").unwrap();
    let tls = authority.server().unwrap();
    let world = World::with(|configuration| {
        let by_authority = json!({
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": "CN=orders-api",
        });
        let by_itself = json!({
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "jwks": of_its_own.jwk_set(),
        });
        configuration
            .client("certified", by_authority)
            .client("self-signed", by_itself)
            .tls(tls)
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    for (id, certificate) in [("certified", &certified), ("self-signed", &of_its_own)] {
        for (way, service) in services(presenting(&world, &authority, id, certificate)) {
            for _ in 0..2 {
                let reply = post_active(&service, &token).await;
                assert_eq!(reply.status, StatusCode::OK, "{id}: {way}: {reply:?}");
            }
            get(&service, "garbage").await.assert_invalid_token();
        }
    }
    let other_name = authority.client("stock-api").unwrap();
    let other_authority = stranger.client("orders-api").unwrap();
    for (case, id, certificate) in [
        ("another name", "certified", &other_name),
        ("another authority", "certified", &other_authority),
        ("another certificate", "self-signed", &certified),
    ] {
        for (way, service) in services(presenting(&world, &authority, id, certificate)) {
            let status = post_active(&service, &token).await.status;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{case}: {way}");
        }
    }
}
