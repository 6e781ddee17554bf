//! U3: whatever a call is refused for, the status of HTTP is 200, which no table makes of the one of gRPC.

use axum::{Router, http::StatusCode};
use http::Request;
use portcullis::{Reason, Rejection, verifier_fn};
use portcullis_grpc_suite::Grpcurl;
use tokio::{net::TcpListener, process::Command};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::{
    called::{bearer, call, grpcurl},
    served::Served,
};

/// A reason for each answer there is, and its status in gRPC and in plain HTTP.
const REASONS: [(Reason, i32, StatusCode); 6] = [
    (Reason::MalformedCredentials, 16, StatusCode::BAD_REQUEST),
    (Reason::Inactive, 16, StatusCode::UNAUTHORIZED),
    (Reason::RequirementNotMet, 7, StatusCode::FORBIDDEN),
    (Reason::MissingScope, 7, StatusCode::FORBIDDEN),
    (Reason::IssuerTimeout, 14, StatusCode::SERVICE_UNAVAILABLE),
    (Reason::Internal, 13, StatusCode::INTERNAL_SERVER_ERROR),
];

/// A server that refuses every token for the reason whose code the token is.
async fn refusing() -> Served {
    Served::start(verifier_fn(|credentials, _| async move {
        let mut reasons = REASONS.into_iter().map(|(reason, ..)| reason);
        let named = reasons.find(|reason| reason.code() == credentials.token.as_str());
        Err(Rejection::new(named.unwrap()))
    }))
    .await
}

#[tokio::test]
async fn u3_the_http_status_is_200_whatever_the_status_of_grpc() {
    let served = refusing().await;
    let mut channel = served.channel().await;
    for (reason, code, plain) in REASONS {
        for (content_type, status) in [
            ("application/grpc", StatusCode::OK),
            ("application/grpc+proto", StatusCode::OK),
            // The same refusal has a status of its own where nobody reads the one of gRPC.
            ("application/json", plain),
        ] {
            let request = Request::post(format!("http://{}/shop.v1.Orders/List", served.address))
                .header("authorization", format!("Bearer {}", reason.code()))
                .header("content-type", content_type)
                .header("te", "trailers")
                .body(Body::empty());
            let channel = channel.ready().await.unwrap();
            let answer = channel.call(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), status, "{reason:?} {content_type}");
            let told = answer.headers().get("grpc-status");
            let told = told.map(|status| status.to_str().unwrap().parse().unwrap());
            let code = (status == StatusCode::OK).then_some(code);
            assert_eq!(told, code, "{reason:?} {content_type}");
        }
    }
    assert_eq!(served.shop.calls(), 0);
}

/// What grpcurl says of a status of HTTP that is none of gRPC's: it makes a code of it by the table, and
/// drops message and metadata.
const MADE_OF_HTTP: &str = "unexpected HTTP status code received from server";

/// grpcurl takes the status of gRPC, its message and its metadata from an answer with HTTP status 200 alone.
#[tokio::test]
async fn u3_grpcurl_makes_no_status_of_the_one_of_http() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let served = refusing().await;
    for (reason, code, _) in REASONS {
        let heard = call(&grpcurl, &served, "List", &[&bearer(reason.code())]).await;
        heard.assert(code, &[Rejection::new(reason).description()]);
        assert!(!heard.said.contains(MADE_OF_HTTP), "{heard:?}");
    }
    // It says so where a server does derive one from the other.
    let said = said_of(&grpcurl, StatusCode::UNAUTHORIZED).await;
    assert!(said.contains(MADE_OF_HTTP), "{said}");
}

/// What it says of a server that answers everything with this status.
async fn said_of(grpcurl: &Grpcurl, status: StatusCode) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let headers = [("content-type", "application/grpc"), ("grpc-status", "16")];
    let router = Router::new().fallback(async move || (status, headers));
    let serving = tokio::spawn(async { axum::serve(listener, router).await });
    let mut list = Command::new(grpcurl.program());
    list.args(["-plaintext", "-max-time", "60", &address, "list"]);
    let output = list.output().await.unwrap();
    serving.abort();
    String::from_utf8(output.stderr).unwrap()
}
