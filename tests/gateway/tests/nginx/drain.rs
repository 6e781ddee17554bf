use std::time::Duration;

use portcullis_gateway_suite::until;
use portcullis_testing::{Endpoint, HoldPoint};
use reqwest::StatusCode;

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/payments"
live = true
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_an_answer_when_it_is_told_to_stop_gets_it() {
    let Some(mut world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().jwt();
    assert_eq!(world.send_as("GET /payments", &token).await.status, 200);
    let (status, _) = world.gateway.management("/readyz").await.unwrap();
    assert_eq!(status, StatusCode::OK);

    let held = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let waiting = async {
        let reply = world.send_as("GET /payments", &token).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    let stopping = async {
        held.wait_for(1).await;
        world.gateway.signal("TERM").unwrap();
        // It says that it should be sent no more questions.
        let not_ready = until("not ready", Duration::from_secs(10), async || {
            let (status, _) = world.gateway.management("/readyz").await?;
            Ok((status == StatusCode::SERVICE_UNAVAILABLE).then_some(()))
        });
        not_ready.await.unwrap();
        held.release();
    };
    tokio::join!(waiting, stopping);
    world.gateway.end().await.unwrap();
}
