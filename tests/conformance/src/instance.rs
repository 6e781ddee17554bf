use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis::{CanAsk, Issuer, IssuerBuilder, WithCredentials};
use portcullis_axum::backchannel_logout_route;
use portcullis_testing::{Client, Session};
use tokio::time::Duration;

use crate::{FRONT_END, Reply, Wire, World, get, post_active, protected, send};

/// One instance of a service that is told of what ends: the routes that it protects, and the one where
/// it is told.
#[derive(Debug, Clone)]
pub struct Instance {
    /// What all of its verifiers share.
    pub issuer: Issuer<CanAsk>,
    /// JWTs are verified here, opaque tokens are asked about.
    pub hybrid: Router,
    /// Every token is asked about.
    pub introspection: Router,
    /// JWTs are verified here, and nobody can be asked.
    pub jwt: Router,
    /// `POST /backchannel-logout` takes logout tokens.
    pub receiver: Router,
}

impl Instance {
    /// With [`World::told`], in service for so long that what the server issues from now on needs no
    /// question.
    pub async fn start(world: &World) -> Self {
        Self::with(world, world.told()).await
    }

    /// The same with settings of the test's own.
    pub async fn with(world: &World, issuer: IssuerBuilder<WithCredentials>) -> Self {
        let instance = Self::new(issuer).await;
        instance.begin();
        pass_start(world);
        instance
    }

    /// An instance that was started now, and has not been asked for anything yet.
    pub async fn new(issuer: IssuerBuilder<WithCredentials>) -> Self {
        Self::of(issuer.connect().await.unwrap())
    }

    /// The instance with this issuer, whose front ends were named.
    pub fn of(issuer: Issuer<CanAsk>) -> Self {
        let route = backchannel_logout_route(issuer.logout_receiver().unwrap());
        Self {
            hybrid: protected(issuer.hybrid()),
            introspection: protected(issuer.introspection()),
            jwt: protected(issuer.jwt()),
            receiver: Router::new().route("/backchannel-logout", route),
            issuer,
        }
    }

    /// Begins what goes on in the background, and to count from when on nothing was missed, as the
    /// first request does.
    pub fn begin(&self) {
        let _ = self.issuer.readiness();
    }

    /// Takes the server's notices to the front end over a real connection, from now on.
    pub async fn subscribe(&self, world: &World) {
        self.subscribe_as(world, Client::public(FRONT_END)).await;
    }

    /// The same as this client.
    pub async fn subscribe_as(&self, world: &World, client: Client) {
        let wire = Wire::serve(self.receiver.clone()).await;
        let url = format!("http://{}/backchannel-logout", wire.address);
        world.server.add_client(client.backchannel_logout(url));
    }

    /// Takes the notice of the end of a session, which the server goes on with.
    pub async fn hear_of(&self, session: &Session) {
        let reply = notify(&self.receiver, &session.logout_token().jwt()).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }

    /// Asserts that every route lets the token in, those that want a live answer too.
    pub async fn admits(&self, token: &str) {
        for router in [&self.hybrid, &self.introspection, &self.jwt] {
            assert_eq!(get(router, token).await.status, StatusCode::OK);
        }
        for router in [&self.hybrid, &self.introspection] {
            assert_eq!(post_active(router, token).await.status, StatusCode::OK);
        }
    }

    /// Asserts that every route refuses the token, those that want a live answer too, and that nobody
    /// is asked about it.
    pub async fn refuses_unasked(&self, world: &World, token: &str) {
        let calls = world.calls();
        for router in [&self.hybrid, &self.introspection, &self.jwt] {
            get(router, token).await.assert_invalid_token();
        }
        for router in [&self.hybrid, &self.introspection] {
            post_active(router, token).await.assert_invalid_token();
        }
        assert_eq!(world.calls(), calls, "the server was asked");
    }
}

/// Lets so much time pass that everything the server issues from now on was issued after the
/// instances have begun to listen, however wrong a clock may be.
pub fn pass_start(world: &World) {
    world.clock.advance(Duration::from_secs(60));
}

/// Posts a logout token, as its issuer does.
pub async fn notify(receiver: &Router, logout_token: &str) -> Reply {
    let request = Request::post("/backchannel-logout")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("logout_token={logout_token}")))
        .unwrap();
    send(receiver, request).await
}
