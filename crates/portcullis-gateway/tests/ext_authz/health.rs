use std::time::Duration;

use portcullis_testing::{Endpoint, HoldPoint};
use tonic::Code;
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
};

use crate::{
    folder::Folder,
    world::{LOCAL, World, check, question},
};

const RULES: &str = "[[rules]]\npath = \"/payments\"\nlive = true\n";

#[tokio::test]
async fn it_is_well_until_it_is_told_to_stop_and_answers_whoever_has_asked() {
    let mut world = World::start(LOCAL, RULES).await;
    let channel = world.channel().await;
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "envoy.service.auth.v3.Authorization"] {
        let service = service.to_owned();
        let state = health.check(HealthCheckRequest { service }).await.unwrap();
        assert_eq!(state.into_inner().status(), ServingStatus::Serving.into());
    }
    let unknown = HealthCheckRequest {
        service: "other".to_owned(),
    };
    assert_eq!(
        health.check(unknown).await.unwrap_err().code(),
        Code::NotFound
    );

    let authorization = format!("Bearer {}", world.token().jwt());
    let held = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let asked = question("POST /payments", &[("authorization", &authorization)]);
    let waiting = tokio::spawn(check(channel, asked));
    held.wait_for(1).await;
    world.stop();
    held.release();
    waiting.await.unwrap().allowed();
    world.ended().await;
    let closed = tokio::net::TcpStream::connect(world.address.unwrap()).await;
    assert!(closed.is_err());
}

#[tokio::test]
async fn whoever_watches_its_health_is_told_and_does_not_hold_it_up() {
    let mut world = World::start(LOCAL, RULES).await;
    let mut health = HealthClient::new(world.channel().await);
    let service = "envoy.service.auth.v3.Authorization".to_owned();
    let watched = health.watch(HealthCheckRequest { service }).await;
    let mut states = watched.unwrap().into_inner();
    let first = states.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving.into());
    world.stop();
    let last = states.message().await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing.into());
    assert!(states.message().await.unwrap().is_none());
    world.ended().await;
}

#[tokio::test]
async fn it_is_not_well_before_it_takes_no_more_connections() {
    let mut folder = Folder::new();
    // Longer than any test.
    folder.linger = Duration::from_secs(3600);
    let rules = "[[rules]]\npath = \"/**\"\npublic = true\n";
    let mut world = World::try_start(LOCAL, rules, folder).await.unwrap();
    let mut health = HealthClient::new(world.channel().await);
    let service = String::new();
    let watched = health.watch(HealthCheckRequest { service }).await;
    let mut states = watched.unwrap().into_inner();
    states.message().await.unwrap().unwrap();
    world.stop();
    let last = states.message().await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing.into());
    let channel = world.channel().await;
    let mut health = HealthClient::new(channel.clone());
    let service = "envoy.service.auth.v3.Authorization".to_owned();
    let state = health.check(HealthCheckRequest { service }).await.unwrap();
    assert_eq!(
        state.into_inner().status(),
        ServingStatus::NotServing.into()
    );
    check(channel, question("GET /", &[])).await.allowed();
}
