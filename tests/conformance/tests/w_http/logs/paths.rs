//! Every way a request can go, with everything logged.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{T0, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault, Rotation, SigningAlgorithm, SigningKey};
use serde_json::json;

use super::scene::{ID, SECRET, Scene};

fn tokens(scene: &Scene) -> Vec<String> {
    let mint = || scene.mint();
    let server = &scene.world.server;
    let published = server.signing_key(SigningAlgorithm::RS256);
    let forger = SigningKey::generate(SigningAlgorithm::RS256);
    let inactive = mint().opaque();
    server.revoke(&inactive);
    let revoked = mint().jwt();
    server.revoke(&revoked);
    let good = mint().jwt();
    vec![
        good.clone(),
        mint().opaque(),
        inactive,
        revoked,
        "an-opaque-token-of-nobody".to_owned(),
        "of+characters/that~travel.encoded==".to_owned(),
        mint().claim("exp", 1).jwt(),
        mint().claim("nbf", T0 + 900).jwt(),
        mint().claim("iat", T0 + 900).jwt(),
        mint().audience("another").jwt(),
        mint().claim("iss", "https://other.example").jwt(),
        mint().claim("typ", "ID").jwt(),
        mint().claim("cnf", json!({"jkt": "x"})).jwt(),
        mint().claim("sub", json!(["not", "a", "name"])).jwt(),
        mint().signed_with(&forger).claim("iat", T0 - 60).jwt(),
        mint()
            .signed_with(&forger.with_key_id(published.key_id()))
            .jwt(),
        mint().header("alg", "none").jwt(),
        mint().header("crit", json!(["x"])).jwt(),
        mint().header("typ", "logout+jwt").jwt(),
        mint().raw_header("{\"alg\":").jwt(),
        mint().raw_payload("not json at all").jwt(),
        mint().signature("none at all").jwt(),
        format!("{good}.and.more"),
        format!("{good}$"),
        format!("{good} {good}"),
        "long-".repeat(5000),
    ]
}

#[tokio::test]
async fn w14_no_token_is_logged_whatever_becomes_of_it() {
    let mut scene = Scene::set().await;
    for issuer in [scene.issuer(), scene.posting_issuer()] {
        let routers = [
            protected(issuer.jwt()),
            protected(issuer.hybrid()),
            protected(issuer.introspection()),
        ];
        for router in &routers {
            for token in tokens(&scene) {
                scene.present(router, &token).await;
            }
        }
        assert_eq!(
            get(&routers[1], &scene.mint().jwt()).await.status,
            StatusCode::OK
        );
        scene
            .world
            .server
            .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    }
    scene.assert_nothing_leaked(&[
        "portcullis::rejection",
        "reason=\"expired\"",
        "reason=\"inactive\"",
        "reason=\"bad_signature\"",
        "reason=\"cannot_ask\"",
        " TRACE ",
    ]);
}

/// Everything that can come back from an endpoint instead of an answer, the token included.
pub(super) fn faults(token: &str) -> Vec<Fault> {
    let echo = format!("you sent {token} and {SECRET}");
    let json = |body: serde_json::Value| Fault::answer(Answer::json(&body));
    let mut faults: Vec<_> = [302, 400, 401, 403, 404, 413, 429, 500, 503]
        .map(|status| {
            Fault::answer(Answer::new(status).body(echo.clone())).header("retry-after", token)
        })
        .into();
    faults.extend([
        Fault::status(307).header("location", format!("https://other.example/?token={token}")),
        Fault::status(401).header("www-authenticate", format!("Basic realm=\"{token}\"")),
        Fault::garbage(),
        Fault::html(),
        Fault::drop_before_answer(),
        Fault::drop_mid_answer(),
        Fault::endless_body(),
        Fault::content_length(5),
        Fault::content_length(500_000),
        Fault::answer(
            Answer::new(200)
                .header("content-type", token)
                .body(echo.clone()),
        ),
        Fault::answer(
            Answer::new(200)
                .header("content-type", "application/json")
                .body(echo),
        ),
        json(json!({"active": token})),
        json(json!({"active": true, "exp": token})),
        json(json!({"active": true, "aud": token, "iss": token})),
        json(
            json!({"error": "access_denied", "error_description": format!("{token} not enabled")}),
        ),
        Fault::headers()
            .header("age", "30")
            .header("server", "a-cache"),
    ]);
    faults
}

#[tokio::test]
async fn w14_no_fault_of_the_server_makes_a_secret_show() {
    let mut scene = Scene::set().await;
    for endpoint in [Endpoint::Introspection, Endpoint::Jwks, Endpoint::Discovery] {
        let (jwt, opaque) = (scene.mint().jwt(), scene.mint().opaque());
        for fault in faults(&opaque) {
            scene.world.server.inject(endpoint, fault);
            // A new issuer each time: what is known already is not asked for.
            let router = protected(scene.issuer().hybrid());
            scene.present(&router, &opaque).await;
            scene.present(&router, &jwt).await;
            scene.world.server.clear_faults(endpoint);
        }
        let router = protected(scene.issuer().hybrid());
        let [listed, paid] = scene.present(&router, &opaque).await;
        assert_eq!(
            (listed.status, paid.status),
            (StatusCode::OK, StatusCode::OK)
        );
    }
    scene.assert_nothing_leaked(&[
        "reason=\"issuer_failed\"",
        "reason=\"issuer_answer_malformed\"",
        "reason=\"client_credentials_refused\"",
        "reason=\"request_refused\"",
        "reason=\"keys_unavailable\"",
        "reason=\"answer_not_live\"",
        "header=\"Age\"",
    ]);
}

#[tokio::test]
async fn w14_no_outage_makes_a_secret_show() {
    let mut scene = Scene::set().await;
    let (jwt, opaque) = (scene.mint().jwt(), scene.mint().opaque());
    let hasty = scene.world.realm().client_secret(ID, SECRET);
    let hasty = hasty.introspection_deadline(Duration::from_millis(20));
    let hasty = protected(hasty.build().unwrap().hybrid());
    scene
        .world
        .server
        .inject(Endpoint::Introspection, Fault::hang());
    let [_, paid] = scene.present(&hasty, &jwt).await;
    paid.assert_unavailable();
    scene.world.server.clear_faults(Endpoint::Introspection);

    scene.world.server.stop().await.unwrap();
    for token in [&jwt, &opaque] {
        let router = protected(scene.issuer().hybrid());
        for reply in scene.present(&router, token).await {
            reply.assert_unavailable();
        }
    }
    let realm = scene.world.realm().client_secret(ID, SECRET);
    let error = realm.connect().await.err().unwrap();
    tracing::error!(%error, ?error, "the start fails");
    scene.assert_nothing_leaked(&["reason=\"issuer_timeout\"", "reason=\"keys_unavailable\""]);
}

#[tokio::test]
async fn w14_wrong_client_credentials_are_not_logged() {
    let scene = Scene::set().await;
    scene.world.server.remove_client(ID);
    for issuer in [scene.issuer(), scene.posting_issuer()] {
        let reply = get(&protected(issuer.hybrid()), &scene.mint().opaque()).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    scene.assert_nothing_leaked(&["ERROR", "client_credentials_refused", ID]);
}
