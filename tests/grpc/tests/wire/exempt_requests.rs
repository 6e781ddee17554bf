//! What exempt and optional methods see of a request.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{HeaderMap, Request, Response, Version};
use portcullis::{
    AuthenticateLayer, AuthorizationHeader, CertificateSource, Dpop, EmptyBody, TokenCookie,
    TokenExtractor,
};
use portcullis_conformance::{CapturedLog, World};
use portcullis_tonic::{MethodGuard, Methods, RequestExt};
use serde::Deserialize;
use tonic::{Code, Status, body::Body, metadata::MetadataMap};
use tower::{Layer, ServiceExt, service_fn};
use tracing::Level;

#[derive(Debug, Deserialize)]
struct User {
    sub: String,
}

/// What the method has seen.
struct Seen {
    headers: HeaderMap,
    /// Who calls, if anybody is known.
    user: Result<Option<String>, Code>,
    /// The same of a method that insists.
    insists: Result<String, Code>,
}

struct Exempt {
    world: World,
    layer: portcullis_tonic::BehindLayer<EmptyBody>,
}

impl Exempt {
    async fn start(
        change: impl FnOnce(AuthenticateLayer<EmptyBody>) -> AuthenticateLayer<EmptyBody>,
    ) -> Self {
        let world = World::start().await;
        let issuer = world.realm().connect().await.unwrap();
        let methods = Methods::new()
            .exempt("shop.v1.Orders/Forgotten")
            .optional("shop.v1.Orders/List")
            .others(MethodGuard::token())
            .build();
        let layer = change(AuthenticateLayer::grpc(issuer.jwt()));
        Self {
            world,
            layer: methods.unwrap().behind(layer),
        }
    }

    /// Calls a method; `None` where it was not reached.
    async fn call(&self, method: &str, headers: &[(&str, &str)]) -> (Response<Body>, Option<Seen>) {
        let seen = Arc::new(Mutex::new(None));
        let noted = seen.clone();
        let service = self.layer.layer(service_fn(move |request: Request<Body>| {
            let headers = request.headers().clone();
            let extensions = request.extensions().clone();
            let request = tonic::Request::from_parts(MetadataMap::new(), extensions, ());
            let code = |status: Status| status.code();
            let name = |user: &Arc<User>| user.sub.clone();
            let user = request.optional_claims::<User>();
            let insists = request.claims::<User>();
            *noted.lock().unwrap() = Some(Seen {
                headers,
                user: user.map(|user| user.as_ref().map(name)).map_err(code),
                insists: insists.as_ref().map(name).map_err(|status| status.code()),
            });
            async { Ok::<_, Infallible>(Response::new(Body::empty())) }
        }));
        let mut request = Request::post(format!("/shop.v1.Orders/{method}"))
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        let seen = seen.lock().unwrap().take();
        (response, seen)
    }
}

#[tokio::test]
async fn an_exempt_method_sees_no_more_of_a_token_than_any_other() {
    let exempt = Exempt::start(|layer| {
        layer
            .extractor(AuthorizationHeader::default().or(TokenCookie::named("token")))
            .dpop(Dpop::at("https://api.example.com").unwrap())
            .client_certificate(CertificateSource::forwarded_client_cert_header(|_| false))
    })
    .await;
    let token = exempt.world.server.token().jwt();
    let headers = [
        ("authorization", "Bearer any"),
        ("cookie", &*format!("token={token}")),
        ("dpop", "a.b.c"),
        ("x-forwarded-client-cert", "Hash=00"),
    ];
    let (_, seen) = exempt.call("Forgotten", &headers).await;
    let seen = seen.unwrap().headers;
    for covered in ["authorization", "cookie", "dpop"] {
        assert!(seen[covered].is_sensitive(), "{covered}");
    }
    assert!(!seen.contains_key("x-forwarded-client-cert"));
}

#[tokio::test]
async fn a_token_that_is_stripped_is_stripped_from_exempt_requests_too() {
    let exempt = Exempt::start(|layer| {
        layer
            .extractor(AuthorizationHeader::default().or(TokenCookie::named("token")))
            .strip_token()
    })
    .await;
    let headers = [
        ("authorization", "Bearer any"),
        ("cookie", "token=any; a=b"),
    ];
    let (_, seen) = exempt.call("Forgotten", &headers).await;
    let seen = seen.unwrap().headers;
    assert!(!seen.contains_key("authorization"));
    assert!(!seen["cookie"].to_str().unwrap().contains("any"));
}

#[tokio::test]
async fn an_exempt_method_is_called_by_nobody_in_particular() {
    let exempt = Exempt::start(|layer| layer).await;
    let token = format!("Bearer {}", exempt.world.server.login("ali").token().jwt());
    let log = CapturedLog::start();
    for headers in [
        &[][..],
        &[("authorization", "Bearer bad")],
        &[("authorization", &*token)],
    ] {
        let (_, seen) = exempt.call("Forgotten", headers).await;
        let seen = seen.unwrap();
        assert_eq!(seen.user, Ok(None));
        assert_eq!(seen.insists, Err(Code::Unauthenticated));
    }
    let errors = log
        .lines()
        .into_iter()
        .filter(|line| line.level == Level::ERROR);
    assert_eq!(errors.count(), 0);
}

#[tokio::test]
async fn an_optional_method_knows_who_calls_where_he_says_so() {
    let exempt = Exempt::start(|layer| layer).await;
    let token = format!("Bearer {}", exempt.world.server.login("ali").token().jwt());
    let (_, seen) = exempt.call("List", &[]).await;
    let seen = seen.unwrap();
    assert_eq!(seen.user, Ok(None));
    assert_eq!(seen.insists, Err(Code::Unauthenticated));
    let (_, seen) = exempt.call("List", &[("authorization", &token)]).await;
    assert_eq!(seen.unwrap().user, Ok(Some("ali".to_owned())));
    // A bad one is refused all the same, and elsewhere none is as well.
    for (method, headers) in [
        ("List", &[("authorization", "Bearer bad")][..]),
        ("Close", &[]),
    ] {
        let (response, seen) = exempt.call(method, headers).await;
        assert!(seen.is_none(), "{method}");
        assert_eq!(response.headers()["grpc-status"], "16", "{method}");
    }
}

/// Whoever forgets the layer is told so once by each call that needs it.
#[tokio::test]
async fn a_missing_layer_is_told_of_once() {
    let log = CapturedLog::start();
    let request = tonic::Request::new(());
    let status = request.optional_claims::<User>().unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let errors = log
        .lines()
        .into_iter()
        .filter(|line| line.level == Level::ERROR);
    assert_eq!(errors.count(), 1);
}
