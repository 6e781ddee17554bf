//! Starts that fail, each in its own way.

use http::StatusCode;
use portcullis::{ConnectError, IssuerBuilder, WithCredentials};
use portcullis_conformance::{get, protected};
use portcullis_testing::{Answer, Endpoint, Fault, WellKnown};
use serde_json::{Value, json};

use super::{
    client_methods::{LONG_SECRET, Methods},
    scene::Scene,
};

async fn failed(scene: &Scene, issuer: IssuerBuilder<WithCredentials>, case: &str) {
    let builder = format!("{issuer:?} {issuer:#?}");
    scene.secrets.assert_absent_from(&builder);
    let started = issuer.connect().await;
    assert!(started.is_err(), "{case}: {started:?}");
    let error: ConnectError = started.err().unwrap();
    tracing::error!(%error, ?error, "the start fails");
    let mut causes = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        causes.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    scene.secrets.assert_absent_from(&causes);
}

/// Answers to a fetch, of which nothing can be made; a server may quote anything.
fn useless(said: &str) -> Vec<Fault> {
    let json = |body: Value| Fault::answer(Answer::json(&body));
    vec![
        Fault::answer(Answer::new(404).body(said)),
        Fault::answer(Answer::new(500).body(said)).header("retry-after", said),
        Fault::status(302).header("location", format!("https://user:{said}@other.example/")),
        Fault::answer(Answer::new(200).body(said)),
        Fault::html(),
        Fault::garbage(),
        Fault::endless_body(),
        Fault::drop_before_answer(),
        Fault::drop_mid_answer(),
        json(json!(said)),
        json(json!({"keys": said, "issuer": [said]})),
        json(json!({"keys": {}, "issuer": {"name": said}})),
    ]
}

#[tokio::test]
async fn w14_no_start_that_fails_shows_a_secret() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for (name, client) in &methods.clients {
        let asking = || scene.asking_by(client);
        let server = &scene.world.server;
        for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
            for fault in useless(&methods.own_token) {
                server.inject(endpoint, fault);
                failed(&scene, asking(), name).await;
                server.clear_faults(endpoint);
            }
        }
        let elsewhere = format!("https://user:{}@127.0.0.1/introspect", methods.own_token);
        for endpoint in [
            json!(null),
            json!([methods.own_token]),
            json!(methods.own_token),
            json!(elsewhere),
            json!("https://other.example/introspect"),
            json!("http://other.example/introspect"),
        ] {
            server.patch_discovery(&json!({"introspection_endpoint": endpoint}));
            failed(&scene, asking(), name).await;
            // The same when it is first found with a token in hand.
            let router = protected(asking().build().unwrap().introspection());
            let status = get(&router, &methods.own_token).await.status;
            assert!(status.is_server_error(), "{name}: {status}");
            server.reset_discovery();
        }
        let userinfo = server
            .origin()
            .replace("http://", &format!("http://user:{}@", methods.own_token));
        failed(&scene, asking().fetch_from(&userinfo), name).await;
        failed(&scene, asking().jwks_uri(&userinfo), name).await;
        failed(&scene, asking().introspection_endpoint(&userinfo), name).await;
        for document in [
            WellKnown::OpenIdConfiguration,
            WellKnown::OAuthAuthorizationServer,
        ] {
            server.serve_well_known(document, false);
        }
        failed(&scene, asking(), name).await;
        for document in [
            WellKnown::OpenIdConfiguration,
            WellKnown::OAuthAuthorizationServer,
        ] {
            server.serve_well_known(document, true);
        }
    }
    scene.assert_nothing_leaked(&["the start fails", "the issuer cannot be used"]);
}

#[tokio::test]
async fn w14_a_server_that_cannot_be_reached_makes_no_secret_show() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    scene.world.server.stop().await.unwrap();
    for (name, client) in &methods.clients {
        failed(&scene, scene.asking_by(client), name).await;
        failed(&scene, scene.asking_by(client).signed_introspection(), name).await;
    }
    scene.assert_nothing_leaked(&["the start fails"]);
}

/// Nothing that a server offers fits a secret; the offer itself may be named.
#[tokio::test]
async fn w14_a_secret_that_the_server_does_not_take_is_not_logged() {
    let mut scene = Scene::set().await;
    scene.secrets.client("secret-jwt", LONG_SECRET);
    let offer = json!({"introspection_endpoint_auth_methods_supported": ["private_key_jwt"]});
    scene.world.server.patch_discovery(&offer);
    let issuer = scene.world.realm().client_secret("secret-jwt", LONG_SECRET);
    let router = protected(issuer.build().unwrap().introspection());
    let token = scene.mint().opaque();
    let [reply, _] = scene.present(&router, &token).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    scene.assert_nothing_leaked(&["a client secret does not do here"]);
}
