//! A service that holds tokens to every rule there is.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use http::{Request, header};
use portcullis::{
    Algorithm, AuthenticateLayer, Authenticator, CanAsk, Dpop, Freshness, Issuer, IssuerBuilder,
    JsonBody, Rejection, RequestView, RequireScope, Rule, StatusLists, VerifiedToken,
    WithCredentials,
};
use portcullis_conformance::{AUDIENCE, FRONT_END, Instance, World};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::attempt::{Attempt, Form};

/// Where clients find the service.
const API: &str = "https://api.example.com";

/// The scope that its route wants.
const SCOPE: &str = "orders";

pub(crate) struct Service {
    pub(crate) world: World,
    pub(crate) instance: Instance,
    form: Form,
    key: SigningKey,
    authenticator: Arc<Authenticator>,
}

impl Service {
    /// JWTs are verified here, opaque tokens asked about.
    pub(crate) async fn of(form: Form) -> Self {
        Self::with(form, |issuer| issuer).await
    }

    /// The same with more settings of the issuer's.
    pub(crate) async fn with(
        form: Form,
        settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let issuer = world
            .told()
            .algorithms([Algorithm::Rs256])
            .authorized_parties([FRONT_END])
            .status_lists(StatusLists::at_issuer())
            .unknown_key_fetches(100, std::time::Duration::from_secs(1));
        let instance = Instance::with(&world, settings(issuer)).await;
        let authenticator = match form {
            Form::Jwt => Authenticator::new(instance.issuer.jwt()),
            Form::Opaque => Authenticator::new(instance.issuer.hybrid()),
        };
        Self::new(form, world, instance, authenticator)
    }

    /// JWTs are verified here, and asked about as well where a live answer is wanted.
    pub(crate) async fn hybrid() -> Self {
        Self::of(Form::Jwt)
            .await
            .behind(|issuer| Authenticator::new(issuer.hybrid()))
    }

    /// Every JWT is asked about.
    pub(crate) async fn introspecting() -> Self {
        Self::of(Form::Jwt)
            .await
            .behind(|issuer| Authenticator::new(issuer.introspection()))
    }

    fn behind(self, verifier: impl FnOnce(&Issuer<CanAsk>) -> Authenticator) -> Self {
        let authenticator = verifier(&self.instance.issuer);
        Self::new(self.form, self.world, self.instance, authenticator)
    }

    fn new(form: Form, world: World, instance: Instance, authenticator: Authenticator) -> Self {
        Self {
            form,
            key: SigningKey::generate(SigningAlgorithm::ES256),
            authenticator: Arc::new(authenticator.dpop(Dpop::at(API).unwrap())),
            instance,
            world,
        }
    }

    /// The same as a router.
    pub(crate) fn router(&self) -> Router {
        let authenticator = Authenticator::clone(&self.authenticator);
        Router::new()
            .route("/", get(|| async {}))
            .route_layer(RequireScope::all([SCOPE]).unwrap())
            .layer(AuthenticateLayer::from_authenticator(
                authenticator,
                JsonBody,
            ))
    }

    /// A good request.
    pub(crate) fn attempt(&self) -> Attempt {
        let session = self.world.server.login("alice");
        let bound = json!({"jkt": self.key.thumbprint()});
        let token = session
            .token()
            .audience(AUDIENCE)
            .scope(SCOPE)
            .claim("cnf", bound);
        let url = format!("{API}/");
        let proof = self.world.server.dpop_proof(&self.key, "GET", &url);
        Attempt::good(self.form, session, token, proof)
    }

    /// The same that breaks these rules.
    pub(crate) fn breaking(&self, rules: impl IntoIterator<Item = Rule>) -> Attempt {
        rules.into_iter().fold(self.attempt(), Attempt::breaking)
    }

    /// What is sent. What has to have happened before happens now.
    pub(crate) async fn request(&self, attempt: &Attempt) -> Request<Body> {
        if attempt.breaks(Rule::Revocation) {
            self.instance.hear_of(&attempt.session).await;
        }
        if attempt.breaks(Rule::Replay) {
            let mut good = self.attempt();
            good.proof = attempt.proof.clone().claim("htm", "GET");
            let first = sent(&good);
            assert!(self.admit(&first).await.is_ok(), "its first use is good");
        }
        sent(attempt)
    }

    /// Lets a request in as a route that wants the scope does.
    pub(crate) async fn admit(&self, request: &Request<Body>) -> Result<VerifiedToken, Rejection> {
        let admitted = self.authenticator.authenticate(RequestView::from(request));
        let token = admitted.await?.unwrap();
        token.require(RequireScope::all([SCOPE]).unwrap())?;
        Ok(token)
    }

    /// By which rule an attempt is refused; `None` where it is let in.
    pub(crate) async fn refused_by(&self, attempt: Attempt) -> Option<Rule> {
        let request = self.request(&attempt).await;
        verdict(self.admit(&request).await)
    }

    /// The same on a route that wants a live answer as well.
    pub(crate) async fn refused_live_by(&self, attempt: Attempt) -> Option<Rule> {
        let request = self.request(&attempt).await;
        let token = self.admit(&request).await.unwrap();
        verdict(token.refreshed(Freshness::Live).await)
    }
}

fn verdict(outcome: Result<VerifiedToken, Rejection>) -> Option<Rule> {
    let rejection = outcome.err()?;
    let rule = rejection.reason().rule();
    assert!(rule.is_some(), "{rejection:?} is no verdict");
    rule
}

/// `GET /` under the scheme `DPoP`.
fn sent(attempt: &Attempt) -> Request<Body> {
    let token = attempt.spelled();
    let proof = attempt.proof.clone().token(&token).jwt();
    let credentials = format!("DPoP {token}");
    let mut request = Request::get("/")
        .header(header::AUTHORIZATION, &credentials)
        .header("dpop", proof);
    if attempt.breaks(Rule::Credentials) {
        request = request.header(header::AUTHORIZATION, &credentials);
    }
    request.body(Body::empty()).unwrap()
}
