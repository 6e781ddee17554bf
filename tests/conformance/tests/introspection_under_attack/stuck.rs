//! A call that was begun on a runtime which then does not run.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, poll_once, protected};

#[test]
fn a_call_stuck_on_another_runtime_is_given_up() {
    let running = tokio::runtime::Runtime::new().unwrap();
    let stuck = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = running.block_on(World::start());
    let deadline = Duration::from_millis(50);
    let issuer = world.asking().introspection_deadline(deadline);
    let router = protected(issuer.build().unwrap().introspection());
    let token = world.server.token().opaque();

    let entered = stuck.enter();
    let mut abandoned = Box::pin(get(&router, &token));
    assert!(poll_once(&mut abandoned).is_pending());
    drop((entered, abandoned));

    running.block_on(async {
        // Who joins the stuck call hears that it is stuck; who comes after that calls anew.
        get(&router, &token).await.assert_unavailable();
        let mut status = StatusCode::SERVICE_UNAVAILABLE;
        for _ in 0..100 {
            status = get(&router, &token).await.status;
            if status == StatusCode::OK {
                break;
            }
        }
        assert_eq!(status, StatusCode::OK);
    });
}
