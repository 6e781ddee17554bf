//! What layers further out see of a refusal that was rendered already.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{HeaderValue, Method, Response, Version, header};
use portcullis::{AuthenticateLayer, Reason, Rejection, RenderRejection, RequireRole};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Body, Scripted, greet, request};

/// Counts what it renders.
fn counting(count: &Arc<AtomicUsize>) -> impl RenderRejection<Body> + Clone + use<> {
    let count = count.clone();
    move |_: &Rejection, response: &mut Response<Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        *response.body_mut() = Body::from("rendered");
    }
}

#[tokio::test]
async fn the_reason_stays_with_the_response() {
    let service = AuthenticateLayer::new(Scripted::plain())
        .layer(RequireRole::realm("admin").layer(service_fn(greet)));
    for (token, reason) in [
        (None, Reason::MissingToken),
        (Some("expired"), Reason::Expired),
        (Some("good"), Reason::MissingRole),
    ] {
        let response = service.clone().oneshot(request(token)).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&reason));
        assert!(response.extensions().get::<Rejection>().is_none());
    }
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet));
    let response = service.oneshot(request(Some("good"))).await.unwrap();
    assert!(response.extensions().is_empty());
}

#[tokio::test]
async fn the_reason_of_a_grpc_refusal_stays_with_it_too() {
    let layer = AuthenticateLayer::new(Scripted::plain()).answer_grpc();
    let service = layer.layer(service_fn(greet));
    let mut call = request(None);
    *call.method_mut() = Method::POST;
    *call.version_mut() = Version::HTTP_2;
    let grpc = HeaderValue::from_static("application/grpc");
    call.headers_mut().insert(header::CONTENT_TYPE, grpc);
    let response = service.oneshot(call).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.extensions().get(), Some(&Reason::MissingToken));
}

#[tokio::test]
async fn what_an_inner_layer_rendered_an_outer_one_leaves_alone() {
    let (outer, inner) = (Arc::default(), Arc::default());
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::optional(Scripted::plain()).render_with(counting(&outer)))
        .layer(AuthenticateLayer::new(Scripted::plain()).render_with(counting(&inner)))
        .service_fn(greet);
    let response = service.oneshot(request(None)).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.extensions().get(), Some(&Reason::MissingToken));
    let renderings = [outer, inner].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(renderings, [0, 1]);
}
