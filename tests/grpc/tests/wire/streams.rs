//! Streams that end with their token.

use std::time::Duration;

use portcullis_conformance::until;
use portcullis_testing::Session;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status, Streaming};

use crate::{
    served::{Scene, bearing, text},
    shop::proto::Text,
};

const HOUR: Duration = Duration::from_secs(3600);

/// A login, and a token of it that lives for an hour.
fn login(scene: &Scene) -> (Session, String) {
    let session = scene.world.server.login("ali");
    let token = session
        .token()
        .realm_roles(["clerk"])
        .expires_in(HOUR)
        .jwt();
    (session, token)
}

async fn watching(scene: &Scene, token: &str) -> Streaming<Text> {
    let mut client = scene.served.client().await;
    let mut stream = client
        .watch(bearing(token, text("")))
        .await
        .unwrap()
        .into_inner();
    scene.served.shop.events.send("begun".into()).unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().text, "begun");
    stream
}

#[track_caller]
fn assert_over(status: &Status) {
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    assert!(!status.message().is_empty());
    let challenge = status.metadata().get("www-authenticate").unwrap();
    let challenge = challenge.to_str().unwrap();
    assert!(challenge.contains("invalid_token"), "{challenge}");
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let scene = Scene::start().await;
    let (_, token) = login(&scene);
    let mut stream = watching(&scene, &token).await;
    // The leeway is part of a token's life.
    scene.world.clock.advance(HOUR + Duration::from_secs(29));
    scene.served.shop.events.send("still".into()).unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().text, "still");
    assert_eq!(scene.served.shop.open(), 1);
    scene.world.clock.advance(Duration::from_secs(1));
    assert_over(&stream.message().await.unwrap_err());
    until(|| scene.served.shop.open() == 0).await;
}

#[tokio::test]
async fn a_logout_ends_a_stream_at_once_and_no_other() {
    let scene = Scene::start().await;
    let ((alice, token), (_, other)) = (login(&scene), login(&scene));
    let mut stream = watching(&scene, &token).await;
    let mut goes_on = watching(&scene, &other).await;
    scene.instance.hear_of(&alice).await;
    // "begun" of the other one comes first.
    let status = loop {
        match stream.message().await {
            Ok(message) => assert_eq!(message.unwrap().text, "begun"),
            Err(status) => break status,
        }
    };
    assert_over(&status);
    until(|| scene.served.shop.open() == 1).await;
    scene.served.shop.events.send("on".into()).unwrap();
    assert_eq!(goes_on.message().await.unwrap().unwrap().text, "on");
    assert_eq!(scene.world.calls(), 0, "nobody was asked");
}

/// It is always ready to be sent something, and is ended all the same.
#[tokio::test]
async fn a_busy_stream_ends_as_well() {
    let scene = Scene::start().await;
    let (alice, token) = login(&scene);
    let mut stream = watching(&scene, &token).await;
    let events = scene.served.shop.events.clone();
    let busy = tokio::spawn(async move {
        while events.send("more".into()).is_ok() {
            tokio::task::yield_now().await;
        }
    });
    scene.instance.hear_of(&alice).await;
    let status = loop {
        match stream.message().await {
            Ok(message) => drop(message.unwrap()),
            // Who lags behind is told nothing by the shop.
            Err(status) => break status,
        }
    };
    assert_over(&status);
    busy.await.unwrap();
}

/// The client that sends, and what it sends with.
struct Sending {
    sender: mpsc::Sender<Text>,
    stream: ReceiverStream<Text>,
}

fn sending() -> Sending {
    let (sender, receiver) = mpsc::channel(4);
    Sending {
        sender,
        stream: ReceiverStream::new(receiver),
    }
}

#[tokio::test]
async fn what_a_client_sends_ends_with_its_token() {
    let scene = Scene::start().await;
    let (alice, token) = login(&scene);
    let mut client = scene.served.client().await;
    let Sending { sender, stream } = sending();
    let answer = tokio::spawn(async move { client.import(bearing(&token, stream)).await });
    sender.send(text("one")).await.unwrap();
    until(|| scene.served.shop.received() == ["one"]).await;
    scene.instance.hear_of(&alice).await;
    let status = answer.await.unwrap().unwrap_err();
    assert_over(&status);
    assert_eq!(
        scene.served.shop.input_ended_with(),
        [Code::Unauthenticated]
    );
    assert_eq!(scene.served.shop.received(), ["one"]);
}

#[tokio::test]
async fn a_stream_of_both_ends_on_both_sides() {
    let scene = Scene::start().await;
    let (alice, token) = login(&scene);
    let mut client = scene.served.client().await;
    let Sending { sender, stream } = sending();
    let chat = client.chat(bearing(&token, stream)).await;
    let mut chat = chat.map(Response::into_inner).unwrap();
    sender.send(text("hello")).await.unwrap();
    assert_eq!(chat.message().await.unwrap().unwrap().text, "hello");
    scene.instance.hear_of(&alice).await;
    assert_over(&chat.message().await.unwrap_err());
    until(|| scene.served.shop.input_ended_with() == [Code::Unauthenticated]).await;
    until(|| scene.served.shop.open() == 0).await;
    // Nobody takes it any more.
    until(|| sender.is_closed()).await;
}

/// A stream whose client has gone watches nothing.
#[tokio::test]
async fn a_client_that_goes_away_ends_its_stream() {
    let scene = Scene::start().await;
    let (_, token) = login(&scene);
    drop(watching(&scene, &token).await);
    until(|| scene.served.shop.open() == 0).await;
}

#[tokio::test]
async fn an_outage_ends_no_stream() {
    let scene = Scene::start().await;
    let (_, token) = login(&scene);
    let mut stream = watching(&scene, &token).await;
    scene.world.server.stop().await.unwrap();
    for minute in 0..10 {
        scene.world.clock.advance(Duration::from_secs(60));
        let event = format!("minute {minute}");
        scene.served.shop.events.send(event.clone()).unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap().text, event);
    }
}
