//! A transmitter without a network: what it is asked is kept, what it answers is the test's to say.
//! With tokio's time paused, nobody waits for anything.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex},
};

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use portcullis::{
    AccessToken, BearerSource, CanAsk, HttpClient, HttpError, HttpFuture, Issuer, IssuerBuilder,
    Limits, Readiness, WithCredentials,
};
use portcullis_conformance::{AUDIENCE, World, get, protected};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::support::MINUTE;

const ADDRESS: &str = "https://id.example.com/poll";
const JWKS: &str = "https://id.example.com/jwks";
const NOWHERE: &str = "https://id.example.com/introspect";

type Answer = Result<Response<Bytes>, HttpError>;

/// One poll, which waits for its answer.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    answer: oneshot::Sender<Answer>,
}

impl Poll {
    /// Answers with these events.
    pub(crate) fn deliver(self, sets: &[(&str, Value)]) {
        let sets: serde_json::Map<_, _> = sets
            .iter()
            .map(|(jti, set)| ((*jti).to_owned(), set.clone()))
            .collect();
        self.answer(
            200,
            &json!({ "sets": sets, "moreAvailable": false }).to_string(),
        );
    }

    pub(crate) fn answer(self, status: u16, body: &str) {
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        self.answer.send(Ok(response)).unwrap();
    }

    pub(crate) fn fail(self, error: HttpError) {
        self.answer.send(Err(error)).unwrap();
    }

    /// Leaves it without an answer, for as long as it is waited for.
    pub(crate) fn ignore(self) {
        drop(self.answer);
    }
}

/// The other end of the polls.
pub(crate) struct Transmitter {
    polls: mpsc::UnboundedReceiver<Poll>,
}

impl Transmitter {
    /// The next poll.
    pub(crate) async fn poll(&mut self) -> Poll {
        self.polls.recv().await.unwrap()
    }

    /// Whether nobody polls.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.polls.try_recv().is_err()
    }
}

/// A service that polls, all of whose questions go over the same line.
pub(crate) struct Polling {
    pub(crate) world: World,
    pub(crate) issuer: Issuer<CanAsk>,
    pub(crate) router: Router,
    pub(crate) transmitter: Transmitter,
    keys: Arc<Mutex<Option<Value>>>,
}

impl Polling {
    pub(crate) async fn start() -> Self {
        Self::with(|| async { AccessToken::new("of-the-receiver") }).await
    }

    /// With a source of bearer tokens of the test's own.
    pub(crate) async fn with(bearer: impl BearerSource) -> Self {
        Self::over(bearer, |issuer| issuer).await
    }

    /// The same with settings of the test's own.
    pub(crate) async fn over(
        bearer: impl BearerSource,
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let (sender, polls) = mpsc::unbounded_channel();
        let keys = Arc::new(Mutex::new(Some(world.server.jwks())));
        let line = Line {
            sender,
            realm: world.server.issuer().parse().unwrap(),
            keys: keys.clone(),
        };
        let issuer = configure(world.asking())
            .jwks_uri(JWKS)
            .introspection_endpoint(NOWHERE)
            .security_event_audience(AUDIENCE)
            .security_event_state("chosen")
            .poll_security_events(ADDRESS, bearer)
            .http_client(line)
            .connect();
        let polling = Self {
            issuer: issuer.await.unwrap(),
            router: Router::new(),
            transmitter: Transmitter { polls },
            world,
            keys,
        };
        assert!(polling.issuer.revocations().complete_since().is_some());
        polling.world.clock.advance(MINUTE);
        Self {
            router: protected(polling.issuer.hybrid()),
            ..polling
        }
    }

    /// What is published of keys from now on; nothing can be had with `None`.
    pub(crate) fn publish(&self, keys: Option<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    pub(crate) fn readiness(&self) -> Readiness {
        self.issuer.readiness()
    }

    pub(crate) async fn status(&self, token: &str) -> StatusCode {
        get(&self.router, token).await.status
    }
}

/// The client between the two. It also tells the keys, and that the realm has no cut-off.
#[derive(Clone)]
struct Line {
    sender: mpsc::UnboundedSender<Poll>,
    realm: Uri,
    keys: Arc<Mutex<Option<Value>>>,
}

impl Line {
    /// What stands at another address than that of the polls.
    fn document(&self, address: &Uri) -> Option<Value> {
        if *address == self.realm {
            return Some(json!({ "tokens-not-before": 0 }));
        }
        let keys = self.keys.lock().unwrap().clone();
        keys.filter(|_| address == JWKS)
    }

    fn poll(&self, request: &Request<Bytes>) -> oneshot::Receiver<Answer> {
        assert_eq!(request.method(), "POST");
        let (answer, answered) = oneshot::channel();
        let poll = Poll {
            headers: request.headers().clone(),
            body: serde_json::from_slice(request.body()).unwrap(),
            answer,
        };
        // A test that has ended asks for no more polls.
        let _ = self.sender.send(poll);
        answered
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpClient for Line {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if request.uri() != ADDRESS {
            let document = self.document(request.uri());
            let document = document.map(|json| Response::new(json.to_string().into()));
            let nowhere = HttpError::Unreachable("nobody is there".to_owned());
            return Box::pin(async { document.ok_or(nowhere) });
        }
        let answered = self.poll(&request);
        Box::pin(async move {
            let answer = async {
                match answered.await {
                    Ok(answer) => answer,
                    Err(_) => pending().await,
                }
            };
            let answer = tokio::time::timeout(limits.deadline, answer).await;
            answer.unwrap_or(Err(HttpError::Timeout))
        })
    }
}

/// The names of the members of a poll, sorted.
pub(crate) fn members(body: &Value) -> Vec<&str> {
    let mut names: Vec<_> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}
