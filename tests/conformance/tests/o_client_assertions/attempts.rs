//! O5, O11: each attempt has an assertion of its own, and nobody keeps or prints one.

use std::{collections::HashSet, time::Duration};

use http::StatusCode;
use portcullis_conformance::{CapturedLog, get};
use portcullis_testing::{Endpoint, Fault};

use crate::support::{Keyed, claims};

#[tokio::test]
async fn o5_each_attempt_has_an_assertion_of_its_own() {
    let keyed = Keyed::start().await;
    let router = keyed.router(keyed.authentication());
    let token = keyed.world.server.token().opaque();
    let inject = |fault: Fault| {
        let endpoint = Endpoint::Introspection;
        keyed.world.server.inject(endpoint, fault.times(1));
    };
    inject(Fault::status(503));
    get(&router, &token).await.assert_unavailable();
    keyed.world.clock.advance(Duration::from_secs(10));
    // A connection that dies is tried again by itself.
    inject(Fault::drop_before_answer());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    // Whatever was asked besides, to find out whose fault it was.
    let requests = keyed.world.server.requests(Endpoint::Introspection);
    assert!(requests.len() >= 3, "{}", requests.len());
    let ids: HashSet<_> = requests
        .iter()
        .map(|request| claims(request)["jti"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), requests.len());
}

#[tokio::test]
async fn o11_no_assertion_is_printed() {
    let logs = CapturedLog::start();
    let keyed = Keyed::start().await;
    let client = keyed.authentication();
    let issuer = keyed.asking(client.clone()).build().unwrap();
    let router = portcullis_conformance::protected(issuer.introspection());
    for fault in [
        None,
        Some(Fault::status(401)),
        Some(Fault::status(503)),
        Some(Fault::drop_before_answer()),
        Some(Fault::drop_mid_answer()),
        Some(Fault::garbage()),
    ] {
        if let Some(fault) = fault {
            keyed.world.server.inject(Endpoint::Introspection, fault);
        }
        get(&router, &keyed.world.server.token().opaque()).await;
        keyed.world.server.clear_faults(Endpoint::Introspection);
        keyed.world.clock.advance(Duration::from_secs(60));
    }
    let printed: Vec<_> = logs.lines().into_iter().map(|line| line.text).collect();
    let printed = format!("{} {client:?} {issuer:?}", printed.join("\n"));
    assert!(printed.contains("status 503"), "{printed}");
    let requests = keyed.world.server.requests(Endpoint::Introspection);
    assert!(requests.len() >= 6);
    for request in requests {
        let assertion = request.form_value("client_assertion").unwrap();
        for part in assertion.split('.').skip(1) {
            assert!(!printed.contains(part), "{printed}");
        }
    }
    let private = keyed.key.private_jwk()["d"].as_str().unwrap().to_owned();
    assert!(!printed.contains(&private));
}
