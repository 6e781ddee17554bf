use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use tokio::runtime::Runtime;
use tower::{Service, ServiceExt};

use crate::{Failure, samples::Rounds};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How often each case has its turn.
    pub rounds: usize,
    /// How long a turn is.
    pub turn: Duration,
}

impl Effort {
    /// Enough for figures that are shown. Turns are many and shorter than a time slice of the
    /// scheduler: where others want the processor too, most turns still have it for themselves, and
    /// the median is one of those.
    pub const FULL: Self = Self {
        rounds: 301,
        turn: Duration::from_millis(3),
    };

    /// Enough to see that everything runs.
    pub const QUICK: Self = Self {
        rounds: 5,
        turn: Duration::from_millis(2),
    };

    /// What the command line asks for: `--quick` or nothing.
    #[must_use]
    pub fn asked() -> Self {
        if is_quick() { Self::QUICK } else { Self::FULL }
    }
}

/// Whether the command line says `--quick`.
#[must_use]
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// Something that is done so many times, and how long that took.
pub type Work<'a> = Box<dyn FnMut(usize) -> Duration + 'a>;

/// Works that are measured side by side.
#[derive(Default)]
pub struct Cases<'a> {
    cases: Vec<(String, Work<'a>)>,
}

impl<'a> Cases<'a> {
    /// One more.
    pub fn add(&mut self, name: impl Into<String>, work: impl FnMut(usize) -> Duration + 'a) {
        self.cases.push((name.into(), Box::new(work)));
    }

    /// Gives every case a turn in every round, and another one the first turn each time: whatever
    /// slows the machine for a while slows all of them. Nanoseconds for each time.
    #[must_use]
    pub fn in_turn(mut self, effort: Effort) -> Rounds {
        let times: Vec<usize> = self
            .cases
            .iter_mut()
            .map(|(_, work)| times_in(effort.turn, work))
            .collect();
        let mut rounds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let count = self.cases.len();
        for round in 0..effort.rounds {
            let mut turns: Vec<_> = self.cases.iter_mut().zip(&times).collect();
            turns.rotate_left(round % count.max(1));
            for ((name, work), &times) in turns {
                let passed = work(times).as_nanos() as f64 / times as f64;
                rounds.entry(name.clone()).or_default().push(passed);
            }
        }
        rounds
    }
}

/// How often it can be done in that time. What is done only the first time is behind it then.
fn times_in(turn: Duration, work: &mut Work<'_>) -> usize {
    let mut times = 64;
    loop {
        let passed = work(times).max(Duration::from_nanos(1));
        if passed >= turn / 4 || times >= 1 << 22 {
            let fit = turn.as_secs_f64() / passed.as_secs_f64() * times as f64;
            return (fit as usize).clamp(16, 1 << 22);
        }
        times *= 4;
    }
}

/// So many requests are made before the clock starts: few enough to stay in the processor's cache,
/// enough for the clock not to be noticed.
const BATCH: usize = 32;

/// Requests through a service, one after the other, on this thread. Making them is not measured;
/// each has a copy of its own of the token, as one that came over the network has.
pub fn requests<'a, B, S, C>(
    runtime: &'a Runtime,
    mut service: S,
    mut token: impl FnMut() -> &'a str + 'a,
) -> impl FnMut(usize) -> Duration + 'a
where
    S: Service<Request<B>, Response = Response<C>> + 'a,
    B: Default + 'a,
    C: 'a,
{
    let mut batch = Vec::with_capacity(BATCH);
    move |times| {
        let mut passed = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let size = left.min(BATCH);
            batch.extend((0..size).map(|_| request(token())));
            passed += runtime.block_on(async {
                let began = Instant::now();
                for request in batch.drain(..) {
                    // An answer other than 200 is found before, by `probe`.
                    if let Ok(ready) = service.ready().await {
                        let _ = ready.call(request).await;
                    }
                }
                began.elapsed()
            });
            left -= size;
        }
        passed
    }
}

/// A request with this token.
#[must_use]
pub fn request<B: Default>(token: &str) -> Request<B> {
    let mut request = Request::new(B::default());
    *request.uri_mut() = http::Uri::from_static("/orders");
    // A part of something larger, as of the buffer that it came in.
    let received = Bytes::from(format!("Bearer {token}\r\n"));
    let value = received.slice(..received.len() - 2);
    if let Ok(mut value) = HeaderValue::from_maybe_shared(value) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

/// Sends one request.
///
/// # Errors
/// When the answer is any but 200: such a case would measure something else.
pub async fn probe<B, S, C>(service: &mut S, token: &str) -> Result<(), Failure>
where
    S: Service<Request<B>, Response = Response<C>>,
    B: Default,
{
    let ready = service.ready().await.map_err(|_| "it is never ready")?;
    let answer = ready.call(request(token)).await;
    match answer.map(|response| response.status()) {
        Ok(StatusCode::OK) => Ok(()),
        Ok(status) => Err(format!("it answers {status}").into()),
        Err(_) => Err("it does not answer".into()),
    }
}
