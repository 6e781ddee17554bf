//! Clients that take nothing of what they have called for: HTTP/2 lets them, for as long as they like.

use bytes::{BufMut, Bytes, BytesMut};
use h2::{RecvStream, client};
use http::{HeaderMap, Request};
use portcullis_conformance::until;
use portcullis_tonic::EndWithTokenLayer;
use prost::Message;
use tokio::net::TcpStream;

use crate::{
    served::{Scene, Served, text},
    shop::Shop,
    streams_at_once::bounded,
};

/// Calls a method and reads no more than so many bytes of the answer.
async fn call(served: &Served, method: &str, token: &str, window: u32) -> RecvStream {
    let connection = TcpStream::connect(served.address).await.unwrap();
    let builder = client::Builder::new()
        .initial_window_size(window)
        .handshake::<_, Bytes>(connection);
    let (mut client, connection) = builder.await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://{}/shop.v1.Orders/{method}", served.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    body.send_data(framed("hello"), true).unwrap();
    answer.await.unwrap().into_body()
}

/// A message as it goes over the wire.
fn framed(said: &str) -> Bytes {
    let message = text(said);
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(message.encoded_len().try_into().unwrap());
    message.encode(&mut frame).unwrap();
    frame.freeze()
}

/// Has the method say something that the server takes from it, and cannot send: it asks for no more then.
async fn waits_for_its_client(shop: &Shop, event: &str) {
    shop.events.send(event.into()).unwrap();
    until(|| shop.events.is_empty()).await;
}

/// Takes what is left of an answer.
async fn rest(mut answer: RecvStream, taken: usize) -> (BytesMut, HeaderMap) {
    let mut rest = BytesMut::new();
    answer.flow_control().release_capacity(taken).unwrap();
    while let Some(data) = answer.data().await {
        let data = data.unwrap();
        answer.flow_control().release_capacity(data.len()).unwrap();
        rest.extend_from_slice(&data);
    }
    (rest, answer.trailers().await.unwrap().unwrap())
}

/// The method's own stream is gone with the token, whether anybody reads or not.
#[tokio::test]
async fn nobody_keeps_a_stream_by_reading_nothing() {
    let scene = Scene::start().await;
    let session = scene.world.server.login("ali");
    let token = session.token().jwt();
    let shop = &scene.served.shop;
    let unread = call(&scene.served, "Watch", &token, 0).await;
    until(|| shop.open() == 1).await;
    waits_for_its_client(shop, "one").await;
    scene.instance.hear_of(&session).await;
    until(|| shop.open() == 0).await;
    drop(unread);
}

/// What it has taken it has taken; then it is told.
#[tokio::test]
async fn a_client_that_reads_again_is_told_why_there_is_no_more() {
    let scene = Scene::start().await;
    let session = scene.world.server.login("ali");
    let token = session.token().jwt();
    let shop = &scene.served.shop;
    let window = 8;
    let mut answer = call(&scene.served, "Watch", &token, window).await;
    until(|| shop.open() == 1).await;
    shop.events.send("begun".into()).unwrap();
    let begun = framed("begun");
    let taken = answer.data().await.unwrap().unwrap();
    assert_eq!(taken, begun[..8]);
    waits_for_its_client(shop, "more").await;
    scene.instance.hear_of(&session).await;
    until(|| shop.open() == 0).await;
    let (left, trailers) = rest(answer, taken.len()).await;
    assert_eq!(left, [&begun[8..], &framed("more")].concat());
    assert_eq!(trailers["grpc-status"], "16");
    assert!(trailers.contains_key("www-authenticate"));
}

/// A payment that was made is answered, however late the answer is taken.
#[tokio::test]
async fn an_answer_of_one_message_waits_for_its_client() {
    let bounded = bounded(EndWithTokenLayer::new()).await;
    let (session, token) = bounded.login();
    let mut answer = call(&bounded.served, "List", &token, 4).await;
    let ali = framed("ali");
    let taken = answer.data().await.unwrap().unwrap();
    assert_eq!(taken, ali[..4]);
    bounded.instance.hear_of(&session).await;
    let (left, trailers) = rest(answer, taken.len()).await;
    assert_eq!(left, ali[4..]);
    assert_eq!(trailers["grpc-status"], "0");
}
