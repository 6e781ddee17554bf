//! V22: a connection that dies before an answer came.

use http::StatusCode;
use portcullis::HttpError;
use portcullis_conformance::{Mishap, WatchedClient, World, get, protected};
use portcullis_testing::{Endpoint, Fault};

#[tokio::test]
async fn v22_a_connection_that_dies_before_an_answer_is_tried_once_more_and_no_oftener() {
    let world = World::start().await;
    for (deaths, expected) in [
        (1, StatusCode::OK),
        (2, StatusCode::SERVICE_UNAVAILABLE),
        (3, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let router = protected(world.asking().build().unwrap().introspection());
        // The first request leaves a connection in the pool.
        let token = world.server.token().opaque();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);

        let fault = Fault::drop_before_answer().times(deaths);
        world.server.inject(Endpoint::Introspection, fault);
        world.server.clear_requests();
        let connections = world.server.connection_count();
        let token = world.server.token().opaque();
        assert_eq!(get(&router, &token).await.status, expected, "{deaths}");
        assert_eq!(world.calls_about(&token), 2, "{deaths}");
        if expected == StatusCode::OK {
            // The first of the two went over the connection in the pool.
            assert_eq!(world.server.connection_count(), connections + 1);
        }
        world.server.clear_faults(Endpoint::Introspection);
    }
}

#[tokio::test]
async fn v22_a_new_connection_that_dies_is_tried_once_more_too() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let fault = Fault::drop_before_answer().times(1);
    world.server.inject(Endpoint::Introspection, fault);
    let token = world.server.token().opaque();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(world.calls_about(&token), 2);
}

#[tokio::test]
async fn v22_what_failed_otherwise_is_not_tried_again() {
    let world = World::start().await;
    for (error, calls) in [
        (HttpError::Unreachable("refused".to_owned()), 0),
        (HttpError::Timeout, 0),
        (HttpError::Broken("the body".to_owned()), 0),
        (HttpError::BodyTooLong { limit: 1 }, 0),
        (HttpError::ConnectionLost("reset".to_owned()), 1),
    ] {
        let client = WatchedClient::new();
        let issuer = world.asking().http_client(client.clone()).build().unwrap();
        let router = protected(issuer.introspection());
        // One more try would find a good answer.
        client.befall(Mishap::Error(error.clone()));
        let token = world.server.token().opaque();
        let reply = get(&router, &token).await;
        assert_eq!(reply.status == StatusCode::OK, calls == 1, "{error}");
        assert_eq!(world.calls_about(&token), calls, "{error}");
    }
}
