//! Security events are counted as notices are.

use portcullis_conformance::{AUDIENCE, Recorded, World};
use serde_json::json;

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

#[tokio::test]
async fn security_events_are_counted_by_what_became_of_them() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let realm = world.realm().security_event_audience(AUDIENCE);
    let issuer = realm.security_event_authorization("Bearer agreed");
    let receiver = issuer.connect().await.unwrap();
    let receiver = receiver.security_event_receiver().unwrap();
    let counted = |outcome: &str| {
        let issuer = world.server.issuer();
        recorded.seen(&format!(
            "portcullis_revocation_notices_total{{issuer={issuer:?},outcome={outcome:?}}}"
        ))
    };
    let all = [
        "taken", "repeated", "parked", "dropped", "ignored", "refused",
    ];
    assert_eq!(all.map(counted), [Some(0.0); 6]);

    let alice = world.server.login("alice");
    let event = alice.session_revoked().jwt();
    let device = json!({ "format": "complex", "device": { "format": "opaque", "id": "x" } });
    let nobody = world.server.security_event(SESSION_REVOKED, json!({}));
    let nobody = nobody.subject_id(device).jwt();
    let other = world
        .server
        .security_event("https://example.com/other", json!({}));
    let forged = alice.session_revoked().signature(*b"forged").jwt();
    let kind = Some("application/secevent+jwt");
    for event in [&event, &event, &nobody, &other.jwt(), &forged] {
        let agreed = Some("Bearer agreed");
        receiver.receive(agreed, kind, event.as_bytes()).await;
    }
    receiver.receive(None, kind, event.as_bytes()).await;
    let expected = [1.0, 1.0, 0.0, 0.0, 2.0, 2.0].map(Some);
    assert_eq!(all.map(counted), expected);
}
