//! Access tokens of our own that cannot be had.

use portcullis::{
    AccessToken, BearerFuture, BearerSource, BearerUnavailable, ClientAuthentication,
};
use portcullis_conformance::protected;

use super::scene::Scene;

/// An error of an application's own that quotes what it was about.
#[derive(Debug)]
struct Talkative(String);

impl std::fmt::Display for Talkative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cached token {} has expired", self.0)
    }
}

impl std::error::Error for Talkative {}

/// A source that says more of itself than it should, to whoever prints it.
#[derive(Debug)]
struct Printable(String);

impl BearerSource for Printable {
    fn token(&self) -> BearerFuture {
        let token = AccessToken::new(&self.0).map_err(|_| BearerUnavailable::because("no token"));
        Box::pin(std::future::ready(token))
    }
}

async fn refused(scene: &mut Scene, client: &ClientAuthentication) {
    let router = protected(scene.issuer_by(client).hybrid());
    let token = scene.mint().opaque();
    for reply in scene.present(&router, &token).await {
        reply.assert_unavailable();
    }
}

#[tokio::test]
async fn w14_a_source_whose_error_quotes_its_token_puts_it_into_no_log() {
    let mut scene = Scene::set().await;
    let own = scene.mint().jwt();
    scene.secrets.token(&own);
    let client = ClientAuthentication::bearer_from(move || {
        let error = Talkative(own.clone());
        async move { Err::<AccessToken, _>(error) }
    });
    refused(&mut scene, &client).await;
    scene.assert_nothing_leaked(&["there is no access token to introspect with"]);
}

#[tokio::test]
async fn w14_a_source_that_gives_what_is_no_token_puts_it_into_no_log() {
    let mut scene = Scene::set().await;
    let own = format!("{} and more", scene.mint().jwt());
    scene.secrets.token(&own);
    let client = ClientAuthentication::bearer_from(move || {
        let token = AccessToken::new(&own);
        async move { token }
    });
    refused(&mut scene, &client).await;
    scene.assert_nothing_leaked(&["there is no access token to introspect with"]);
}

#[tokio::test]
async fn w14_a_source_is_not_printed() {
    let mut scene = Scene::set().await;
    let own = scene.mint().jwt();
    scene.secrets.token(&own);
    let client = ClientAuthentication::bearer_from(Printable(own)).bearer_client_id("rs");
    let issuer = scene.issuer_by(&client);
    let builder = scene.asking_by(&client);
    let printed = format!(
        "{client:?} {client:#?} {issuer:?} {builder:?} {:?}",
        issuer.hybrid()
    );
    assert!(printed.contains("\"bearer\""), "{printed}");
    scene.secrets.assert_absent_from(&printed);
}
