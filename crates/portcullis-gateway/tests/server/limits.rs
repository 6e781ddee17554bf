use tokio::net::TcpStream;

use crate::world::{World, assert_status};

const PUBLIC: &str = "[[rules]]\npath = \"/**\"\npublic = true\n";
const LOCAL: &str = "listen = \"127.0.0.1:0\"";

#[tokio::test]
async fn a_question_with_too_much_in_it_is_not_answered_with_yes() {
    let world = World::start(LOCAL, PUBLIC).await;
    let many: String = (0..200)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let long = format!("X-Long: {}\r\n", "y".repeat(128 * 1024));
    for headers in [many, long] {
        let reply = world.send(&World::question(&headers)).await;
        assert!(!reply.starts_with("HTTP/1.1 2"), "{reply}");
    }
    let some: String = (0..50)
        .map(|number| format!("X-{number}: {}\r\n", "y".repeat(512)))
        .collect();
    assert_status(&world.send(&World::question(&some)).await, 200);
}

#[tokio::test]
async fn many_that_say_nothing_keep_nobody_waiting() {
    let world = World::start(LOCAL, PUBLIC).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(world.address.unwrap()).await.unwrap());
    }
    assert_status(&world.send(&World::question("")).await, 200);
}

#[tokio::test]
async fn what_is_no_request_is_no_question() {
    let world = World::start(LOCAL, PUBLIC).await;
    for text in [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "\x16\x03\x01\x02",
    ] {
        let reply = world.send(text).await;
        assert!(!reply.starts_with("HTTP/1.1 2"), "{reply}");
        if text.starts_with('\x16') {
            break;
        }
    }
    assert_status(&world.send(&World::question("")).await, 200);
}
