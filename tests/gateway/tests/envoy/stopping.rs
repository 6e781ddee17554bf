use std::time::Duration;

use portcullis_gateway_suite::until;
use portcullis_testing::{Endpoint, HoldPoint};
use reqwest::StatusCode;

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/shop"
public = true
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

#[tokio::test]
async fn one_that_is_gone_lets_nobody_in_and_one_that_is_back_is_asked_again() {
    let Some(mut world) = World::start(RULES).await else {
        return;
    };
    for _ in 0..20 {
        assert_eq!(world.send("GET /shop", &[]).await.status, 200);
    }
    let answers = "portcullis_gateway_answers_total{outcome=\"public\"}";
    assert_eq!(world.gateway.metric(answers).await.unwrap(), 20.0);
    world.gateway.end().await.unwrap();
    assert_eq!(world.send("GET /shop", &[]).await.status, 503);
    assert_eq!(world.upstream.requests(), 20);
    world.gateway.start_again().await.unwrap();
    let back = until("Envoy asks again", Duration::from_secs(30), async || {
        Ok((world.send("GET /shop", &[]).await.status == 200).then_some(()))
    });
    back.await.unwrap();
}
