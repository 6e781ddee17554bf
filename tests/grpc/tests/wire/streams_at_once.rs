//! The layer that ends streams on everything, and what it leaves alone.

use std::time::Duration;

use portcullis::{AuthenticateLayer, Reason, RequireRole};
use portcullis_conformance::{Instance, World, until};
use portcullis_testing::Session;
use portcullis_tonic::EndWithTokenLayer;
use tonic::{Code, Status, Streaming, transport::Server};

use crate::{
    served::{Served, bearing, call, routes, text},
    shop::proto::Text,
};

pub(crate) struct Bounded {
    world: World,
    pub(crate) instance: Instance,
    pub(crate) served: Served,
}

pub(crate) async fn bounded(end: EndWithTokenLayer) -> Bounded {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let layer = AuthenticateLayer::grpc(instance.issuer.hybrid());
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder().layer(layer).layer(end);
        let server = server.clone().add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    Bounded {
        world,
        instance,
        served,
    }
}

impl Bounded {
    pub(crate) fn login(&self) -> (Session, String) {
        let session = self.world.server.login("ali");
        let token = session.token().realm_roles(["clerk"]).jwt();
        (session, token)
    }

    /// Lets time pass, a second at a time, until something has come of it.
    async fn pass(&self, condition: impl Fn() -> bool) {
        for _ in 0..60 {
            self.world.clock.advance(Duration::from_secs(1));
            // The server answers over a connection.
            for _ in 0..100 {
                if condition() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        panic!("nothing has come of a minute");
    }

    async fn following(&self, token: &str) -> Streaming<Text> {
        let mut client = self.served.client().await;
        let stream = client.follow(bearing(token, text(""))).await;
        let mut stream = stream.unwrap().into_inner();
        self.served.shop.events.send("begun".into()).unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap().text, "begun");
        stream
    }
}

#[tokio::test]
async fn every_stream_ends_with_its_token() {
    let bounded = bounded(EndWithTokenLayer::new()).await;
    let (session, token) = bounded.login();
    let mut stream = bounded.following(&token).await;
    bounded.instance.hear_of(&session).await;
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    until(|| bounded.served.shop.open() == 0).await;
}

#[tokio::test]
async fn calls_with_one_message_each_way_are_answered_as_ever() {
    let bounded = bounded(EndWithTokenLayer::new()).await;
    let (_, token) = bounded.login();
    let mut client = bounded.served.client().await;
    assert_eq!(
        call(&mut client, "List", Some(&token)).await.unwrap(),
        "ali"
    );
    // The method refuses by itself.
    let plain = bounded.world.server.login("bob").token().jwt();
    let status = call(&mut client, "Refund", Some(&plain)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

/// Nobody tells of the end: the server is asked again and again.
#[tokio::test]
async fn a_stream_may_have_the_server_asked() {
    let age = Duration::from_secs(20);
    let bounded = bounded(EndWithTokenLayer::unless_active_within(age)).await;
    let (_, token) = bounded.login();
    let mut stream = bounded.following(&token).await;
    let ended = tokio::spawn(async move { stream.message().await });
    until(|| bounded.world.calls_about(&token) >= 1).await;
    bounded
        .pass(|| bounded.world.calls_about(&token) >= 2)
        .await;
    assert!(!ended.is_finished());
    bounded.world.server.revoke(&token);
    bounded.pass(|| ended.is_finished()).await;
    let status: Status = ended.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let inactive = portcullis::Rejection::new(Reason::Inactive);
    assert_eq!(status.message(), inactive.description());
}

/// A role that the route requires is judged on what the server says while the stream lasts.
#[tokio::test]
async fn a_role_that_is_taken_away_ends_a_stream_with_permission_denied() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let layer = AuthenticateLayer::grpc(instance.issuer.hybrid());
    let age = Duration::from_secs(20);
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder()
            .layer(layer)
            .layer(RequireRole::realm("clerk"))
            .layer(EndWithTokenLayer::unless_active_within(age));
        let server = server.clone().add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let bounded = Bounded {
        world,
        instance,
        served,
    };
    bounded.world.server.set_realm_roles("ali", ["clerk"]);
    let (_, token) = bounded.login();
    let mut stream = bounded.following(&token).await;
    let ended = tokio::spawn(async move { stream.message().await });
    until(|| bounded.world.calls_about(&token) >= 1).await;
    bounded.world.server.set_realm_roles("ali", [""; 0]);
    bounded.pass(|| ended.is_finished()).await;
    let status: Status = ended.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
