use crate::world::{World, assert_status};

const PUBLIC: &str = "[[rules]]\npath = \"/**\"\npublic = true\n";
const LOCAL: &str = "listen = \"127.0.0.1:0\"";

#[tokio::test]
async fn a_question_with_too_much_in_it_is_not_answered_with_yes() {
    let world = World::start(LOCAL, PUBLIC).await;
    let lines = |count: usize, length: usize| -> String {
        let value = "y".repeat(length);
        (0..count)
            .map(|number| format!("X-{number}: {value}\r\n"))
            .collect()
    };
    for too_much in [lines(2000, 1), lines(1, 128 * 1024), lines(100, 2048)] {
        let reply = world.send(&World::question(&too_much)).await;
        assert!(!reply.starts_with("HTTP/1.1 2"), "{reply}");
    }
    // A client may send more than a server of HTTP takes unless told otherwise.
    for good in [lines(115, 1), lines(50, 512)] {
        assert_status(&world.send(&World::question(&good)).await, 200);
    }
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
    }
    assert_status(&world.send(&World::question("")).await, 200);
}
