use std::time::Duration;

use tokio::net::TcpStream;

use crate::{
    folder::Folder,
    world::{World, assert_status},
};

const TABLES: &str = "[[rules]]\npath = \"/**\"\n";
const LOCAL: &str = "listen = \"127.0.0.1:0\"";

#[tokio::test]
async fn questions_are_answered_until_everybody_has_heard_that_it_is_not_ready() {
    let mut folder = Folder::new();
    // Longer than any test.
    folder.linger = Duration::from_secs(3600);
    let mut world = World::try_start(LOCAL, TABLES, folder).await.unwrap();
    let token = world.server.token().audience("orders-api").jwt();
    let question = World::question(&format!("Authorization: Bearer {token}\r\n"));
    assert_status(&world.send(&question).await, 200);
    assert_status(&world.manage("/readyz").await, 200);
    world.stop();
    while world.manage("/readyz").await.starts_with("HTTP/1.1 200 ") {}
    assert_status(&world.manage("/readyz").await, 503);
    assert_status(&world.send(&question).await, 200);
}

#[tokio::test]
async fn then_nobody_gets_in_any_more() {
    let mut world = World::start(LOCAL, TABLES).await;
    world.stop();
    world.ended().await;
    for address in [world.address, world.management] {
        assert!(TcpStream::connect(address.unwrap()).await.is_err());
    }
}
