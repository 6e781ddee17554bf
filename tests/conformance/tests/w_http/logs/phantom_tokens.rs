//! The full token behind one that is lightweight or opaque.

use std::sync::Arc;

use http::{Request, StatusCode};
use portcullis::{Authenticator, CanAsk, Issuer, RequestView};
use portcullis_conformance::{AUDIENCE, protected};
use portcullis_testing::Client;
use serde_json::json;

use super::{
    answers::{NAME, active, answer},
    scene::{ID, SECRET, Scene},
    secrets::Secrets,
};

/// The full token that the server gives out for this one. What holds it does not print it.
async fn phantom_of(issuer: &Issuer<CanAsk>, token: &str) -> String {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.hybrid()));
    let outcome = authenticator.authenticate(RequestView::from(&request));
    let verified = outcome.await.unwrap().unwrap();
    let phantom = verified
        .facts()
        .phantom_token()
        .unwrap()
        .as_str()
        .to_owned();
    let printed = format!("{verified:?} {verified:#?} {:?}", verified.facts());
    let mut secrets = Secrets::default();
    secrets.token(&phantom);
    secrets.token(token);
    secrets.add(NAME);
    secrets.assert_absent_from(&printed);
    phantom
}

#[tokio::test]
async fn w14_a_phantom_token_is_not_logged_good_or_bad() {
    let mut scene = Scene::set().await;
    let server = &scene.world.server;
    server.add_client(Client::new(ID, SECRET).jwt_in_introspection());
    let issuer = scene.world.realm().client_secret(ID, SECRET);
    let issuer = issuer.phantom_token().build().unwrap();
    let full = scene.mint().subject(NAME).jwt();
    scene.secrets.token(&full);
    scene.secrets.add(NAME);
    for jwt in [
        json!(full),
        json!([full]),
        json!({"jwt": full}),
        json!(format!("{full} {full}")),
        json!(format!("{full}\r\n")),
    ] {
        let mut said = active(&scene);
        said["jwt"] = jwt.clone();
        let status = answer(&mut scene, &issuer, "application/json", &said.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{jwt}");
        for (name, value) in [
            ("active", json!(false)),
            ("exp", jwt.clone()),
            ("typ", jwt.clone()),
            ("iss", jwt),
        ] {
            let mut said = said.clone();
            said[name] = value;
            answer(&mut scene, &issuer, "application/json", &said.to_string()).await;
        }
        let twice = said
            .to_string()
            .replacen('{', &format!("{{{full:?}:1,{full:?}:2,"), 1);
        answer(&mut scene, &issuer, "application/json", &twice).await;
        answer(&mut scene, &issuer, "application/jwt", &full).await;
    }
    // From the server itself, which makes a new one for each call.
    let router = protected(issuer.hybrid());
    for token in [
        scene.mint().opaque(),
        scene.mint().subject(NAME).audience(AUDIENCE).lightweight(),
    ] {
        let phantom = phantom_of(&issuer, &token).await;
        scene.secrets.token(&phantom);
        scene.present(&router, &token).await;
    }
    scene.assert_nothing_leaked(&["reason=\"issuer_answer_malformed\"", " TRACE "]);
}
