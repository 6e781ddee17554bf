//! U10: health and reflection are for everybody, and nothing else is.

use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::{v1, v1alpha};

use crate::served::{Scene, call};

#[tokio::test]
async fn u10_health_and_reflection_are_exempt() {
    let scene = Scene::start().await;
    let channel = scene.served.channel().await;
    let request = HealthCheckRequest {
        service: "shop.v1.Orders".into(),
    };
    let health = HealthClient::new(channel.clone()).check(request).await;
    assert_eq!(health.unwrap().into_inner().status, 1);

    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut reflection = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let answers = reflection
        .server_reflection_info(tokio_stream::iter([request]))
        .await;
    let answer = answers.unwrap().into_inner().next().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("shop.v1.Orders"));

    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut reflection = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let answers = reflection
        .server_reflection_info(tokio_stream::iter([request]))
        .await;
    let answer = answers.unwrap().into_inner().next().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("shop.v1.Orders"));

    let mut client = scene.served.client().await;
    let status = call(&mut client, "List", None).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}
