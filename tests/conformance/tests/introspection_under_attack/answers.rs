//! Answers that cannot be used, and what is said of them.

use portcullis_conformance::{CapturedLog, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tracing::Level;

/// What an answer says is personal.
#[tokio::test]
async fn what_is_wrong_with_an_answer_is_said_without_its_values() {
    const VALUE: &str = "s3cr3t-value";
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().introspection());
    let logs = CapturedLog::start();
    for member in [
        "active",
        "aud",
        "client_id",
        "cnf",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "scope",
        "sub",
        "typ",
        VALUE,
    ] {
        for value in [json!(VALUE), json!([VALUE]), json!({ VALUE: VALUE })] {
            let mut answer = json!({"active": true});
            answer[member] = value;
            let fault = Fault::answer(Answer::json(&answer)).times(1);
            world.server.inject(Endpoint::Introspection, fault);
            get(&router, &world.server.token().opaque()).await;
        }
    }
    assert!(!logs.matching(Level::WARN, "`exp`").is_empty());
    for line in logs.lines() {
        assert!(!line.text.contains(VALUE), "{line:?}");
    }
}
