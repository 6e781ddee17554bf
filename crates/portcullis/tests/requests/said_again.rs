//! A server that says of a token the very same as before: it is read once, and judged each time.

use std::{
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use portcullis::{
    Authenticator, Freshness, HttpClient, HttpFuture, Issuer, Limits, ManualClock, Reason,
    VerifiedToken,
};
use serde::{Deserialize, Deserializer};

use crate::support::request;

const NOW: u64 = 1_700_000_000;

/// A server that answers what it was last told to.
#[derive(Debug, Clone)]
struct Server {
    answer: Arc<Mutex<String>>,
}

impl Server {
    fn says(&self, claims: &str) {
        let exp = NOW + 60;
        *self.answer.lock().unwrap() =
            format!(r#"{{"active":true,"aud":"orders-api","exp":{exp},{claims}}}"#);
    }
}

impl HttpClient for Server {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        let mut response = Response::new(Bytes::from(self.answer.lock().unwrap().clone()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Box::pin(ready(Ok(response)))
    }
}

struct Ground {
    server: Server,
    clock: ManualClock,
    authenticator: Arc<Authenticator>,
}

impl Ground {
    fn new() -> Self {
        let server = Server {
            answer: Arc::default(),
        };
        let clock = ManualClock::at(NOW);
        let issuer = Issuer::builder("https://id.example.com")
            .unwrap()
            .audience("orders-api")
            .client_secret("orders-api", "a secret that is none")
            .introspection_endpoint("https://id.example.com/introspect")
            .http_client(server.clone())
            .clock(clock.clone())
            .build()
            .unwrap();
        let authenticator = Arc::new(Authenticator::new(issuer.introspection()));
        server.says(r#""name":"ada""#);
        Self {
            server,
            clock,
            authenticator,
        }
    }

    /// A request that the server is asked about, and what it says then.
    async fn asked(&self) -> Result<VerifiedToken, Reason> {
        let request = request(Some("an-opaque-token"));
        let token = self.authenticator.authenticate((&request).into()).await;
        let token = token.map_err(|refusal| refusal.reason())?.unwrap();
        self.clock.advance(Duration::from_millis(1));
        let fresh = token.refreshed(Freshness::Live).await;
        fresh.map_err(|refusal| refusal.reason())
    }
}

#[tokio::test]
async fn the_same_words_are_made_a_type_of_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);

    struct Named(String);

    impl<'de> Deserialize<'de> for Named {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            struct Claims {
                name: String,
            }

            MADE.fetch_add(1, Ordering::SeqCst);
            let claims = Claims::deserialize(deserializer)?;
            Ok(Self(claims.name))
        }
    }

    let ground = Ground::new();
    for (says, made) in [("ada", 1), ("ada", 1), ("bob", 2), ("bob", 2), ("ada", 3)] {
        ground.server.says(&format!(r#""name":"{says}""#));
        let token = ground.asked().await.unwrap();
        assert_eq!(token.claims::<Named>().unwrap().0, says);
        assert_eq!(MADE.load(Ordering::SeqCst), made);
    }
}

#[tokio::test]
async fn the_same_words_are_as_new_as_the_call_that_brought_them() {
    let ground = Ground::new();
    let first = ground.asked().await.unwrap().facts();
    let again = ground.asked().await.unwrap().facts();
    assert_eq!(first.json(), again.json());
    assert!(first.asked_at() < again.asked_at());
}

#[tokio::test]
async fn the_same_words_are_judged_each_time() {
    let ground = Ground::new();
    ground.asked().await.unwrap();
    *ground.server.answer.lock().unwrap() = r#"{"active":false}"#.to_owned();
    assert_eq!(ground.asked().await.unwrap_err(), Reason::Inactive);
    // The server may change its mind, and has the same to say then.
    ground.server.says(r#""name":"ada""#);
    ground.clock.advance(Duration::from_secs(6));
    ground.asked().await.unwrap();
    ground.clock.advance(Duration::from_secs(180));
    assert_eq!(ground.asked().await.unwrap_err(), Reason::Expired);
}
