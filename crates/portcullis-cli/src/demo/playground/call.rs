//! A request to one of the protected routes, as a client makes it.

use std::time::{Duration, Instant};

use reqwest::{Client, Response, header::HeaderName, redirect::Policy};
use serde::Serialize;
use tokio::sync::Mutex;

use super::{
    protected::{Counters, Way},
    refusal::Refusal,
};

/// Longer than the library takes to give up on a server.
const LIMIT: Duration = Duration::from_secs(20);
/// What the page shows of a body or a header.
const SHOWN: usize = 240;

/// What came of a request.
#[derive(Debug, Serialize)]
pub(super) struct Called {
    way: Way,
    status: u16,
    /// The answer as it came, shortened.
    body: String,
    challenge: Option<String>,
    retry_after: Option<String>,
    /// From the first byte of the request to the last of the answer.
    latency_ms: f64,
    /// The calls to the authorization server that began meanwhile.
    calls: u64,
    /// All of the route's calls, those in the background included.
    calls_so_far: u64,
}

/// Calls the protected routes over HTTP, one request at a time for each: so the calls that begin
/// meanwhile are those of this request.
#[derive(Debug)]
pub(super) struct Caller {
    client: Client,
    api: String,
    counters: Counters,
    turns: [Mutex<()>; Way::ALL.len()],
}

impl Caller {
    /// A client of the API at this URL.
    pub(super) fn new(api: &str, counters: &Counters) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .timeout(LIMIT)
                .build()?,
            api: api.to_owned(),
            counters: counters.clone(),
            turns: Default::default(),
        })
    }

    /// How many calls to the authorization server a route has cost so far.
    pub(super) fn calls_so_far(&self, way: Way) -> u64 {
        self.counters.of(way).count()
    }

    /// Makes one request with this token. When it began, and what came of it.
    pub(super) async fn call(&self, way: Way, token: &str) -> Result<(Instant, Called), Refusal> {
        let turn = self.turns.get(way as usize);
        let _turn = match turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let request = self.client.get(format!("{}{}", self.api, way.path()));
        let before = self.calls_so_far(way);
        let began = Instant::now();
        let answer = request.bearer_auth(token).send().await?;
        let (status, challenge, retry_after) = (
            answer.status().as_u16(),
            header(&answer, &reqwest::header::WWW_AUTHENTICATE),
            header(&answer, &reqwest::header::RETRY_AFTER),
        );
        let body = answer.text().await?;
        let latency = began.elapsed();
        let calls_so_far = self.calls_so_far(way);
        let called = Called {
            way,
            status,
            body: body.chars().take(SHOWN).collect(),
            challenge,
            retry_after,
            latency_ms: latency.as_secs_f64() * 1000.0,
            calls: calls_so_far - before,
            calls_so_far,
        };
        Ok((began, called))
    }
}

fn header(answer: &Response, name: &HeaderName) -> Option<String> {
    let value = answer.headers().get(name)?.to_str().ok()?;
    Some(value.chars().take(SHOWN).collect())
}
