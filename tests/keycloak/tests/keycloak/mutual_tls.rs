//! Tokens that are bound to the client certificate they were asked for with (RFC 8705 §3).

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portcullis::{
    AuthenticateLayer, CertificateSource, PeerCertificate, RequireBinding, ReqwestClient,
    Thumbprint, TokenVerifier,
};
use portcullis_keycloak_suite::{Client, Realm, payload_of};
use serde_json::json;

use crate::{
    environment::{ORDERS_API, run},
    service::{Reply, Service},
};

const TILL: Client<'static> = Client::public("mutual-tls-till");

#[test]
fn a_bound_token_is_let_in_with_its_certificate_alone() {
    run(async |env| {
        let attributes = json!({ "tls.client.certificate.bound.access.tokens": "true" });
        env.front_end(TILL.id, ORDERS_API.id, json!({ "attributes": attributes }))
            .await;
        let user = env.user("mutual-tls-user", &[]).await;
        let (realm, own, other, root) = {
            let server = env.server.lock().await;
            let authority = server.authority();
            let own = authority.client("till").unwrap();
            let realm = Realm::presenting(&server, "shop", &own).unwrap();
            let other = authority.client("till").unwrap();
            (realm, own, other, authority.pem().to_owned())
        };
        let bare = env.shop_over_tls.log_in(TILL, &user).await;
        assert!(bare.is_err());
        let token = realm.log_in(TILL, &user).await.unwrap().access;
        let (own, other) = (der(&own), der(&other));
        let bound = json!({ "x5t#S256": Thumbprint::of(&own).to_string() });
        assert_eq!(payload_of(&token)["cnf"], bound);
        // Such a token is a bearer token by its type: what binds it is `cnf` alone.
        assert_eq!(payload_of(&token)["typ"], "Bearer");
        let answer = env.shop_over_tls.introspect(ORDERS_API, &token).await;
        assert_eq!(answer.unwrap()["cnf"], bound);

        let http = ReqwestClient::builder().root_certificate(&root).build();
        let issuer = portcullis::Realm::new(realm.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
            .http_client(http.unwrap())
            .build()
            .unwrap();
        for service in [service(issuer.jwt()), service(issuer.introspection())] {
            let served = ask(&service, Some(&own), &token).await;
            served.assert(StatusCode::OK);
            for certificate in [Some(&other), None] {
                let refused = ask(&service, certificate, &token).await;
                refused.assert_invalid_token();
            }
        }
    });
}

/// It takes bound tokens alone.
fn service(verifier: impl TokenVerifier) -> Service {
    let layer = AuthenticateLayer::new(verifier);
    let bound = get(|| async {}).route_layer(RequireBinding::certificate());
    let routes = Router::new().route("/", bound);
    Service::of(routes.layer(layer.client_certificate(CertificateSource::connection())))
}

/// A request over a connection whose client has shown this certificate, or none.
async fn ask(service: &Service, certificate: Option<&Vec<u8>>, token: &str) -> Reply {
    let mut request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    if let Some(certificate) = certificate {
        let peer = PeerCertificate(certificate.clone().into());
        request.extensions_mut().insert(peer);
    }
    service.answer(request).await
}

/// The certificate in front of a PEM file.
fn der(pem: &str) -> Vec<u8> {
    let (_, behind) = pem.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let (base64, _) = behind.split_once("-----END").unwrap();
    STANDARD
        .decode(base64.split_whitespace().collect::<String>())
        .unwrap()
}
