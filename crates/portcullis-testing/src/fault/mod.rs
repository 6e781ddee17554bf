//! Faults: what an endpoint does instead of, or to, its honest answer.

mod queue;

use std::time::Duration;

pub(crate) use self::queue::FaultQueue;
use crate::answer::Answer;

/// Something that goes wrong at an endpoint, or an answer of the test's own making.
///
/// ```
/// use std::time::Duration;
/// use portcullis_testing::{Answer, Fault};
///
/// // The next two requests: 503, come back in seven seconds.
/// let overloaded = Fault::status(503).header("retry-after", "7").times(2);
/// // An honest answer that took a second and lay in a cache for thirty.
/// let stale = Fault::delay(Duration::from_secs(1)).header("age", "30");
/// // A load balancer's page.
/// let page = Fault::answer(Answer::new(200).header("content-type", "text/html").body("<html>"));
/// # let _ = (overloaded, stale, page);
/// ```
///
/// Injected by [`AuthorizationServer::inject`](crate::AuthorizationServer::inject); it lasts
/// until cleared unless it has a number of [`times`](Fault::times).
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    delay: Duration,
    answer: Option<Answer>,
    headers: Vec<(String, Option<String>)>,
    delivery: Delivery,
    token: Option<String>,
    remaining: Option<usize>,
}

/// How the bytes of an answer reach the client, if they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Never,
    DropBefore,
    DropMidway,
    EndlessBody,
    SlowBody(Duration),
    ContentLength(usize),
}

impl Fault {
    const fn honest() -> Self {
        Self {
            delay: Duration::ZERO,
            answer: None,
            headers: Vec::new(),
            delivery: Delivery::Whole,
            token: None,
            remaining: None,
        }
    }

    const fn delivered(delivery: Delivery) -> Self {
        let mut fault = Self::honest();
        fault.delivery = delivery;
        fault
    }

    /// This answer instead of the honest one: any status, headers and body.
    pub fn answer(answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..Self::honest()
        }
    }

    /// This status with an empty body.
    pub fn status(status: u16) -> Self {
        Self::answer(Answer::new(status))
    }

    /// A 200 of `application/json` with a body that is no JSON.
    pub fn garbage() -> Self {
        Self::answer(
            Answer::new(200)
                .header("content-type", "application/json")
                .body(b"{\"\xff\x00not json".to_vec()),
        )
    }

    /// A 200 of `text/html`, as a load balancer sends it.
    pub fn html() -> Self {
        Self::answer(
            Answer::new(200)
                .header("content-type", "text/html")
                .body("<html><body>It works!</body></html>"),
        )
    }

    /// The honest answer, `delay` later in real time (that of tokio, which a test can pause).
    /// Computed after the delay.
    pub const fn delay(delay: Duration) -> Self {
        let mut fault = Self::honest();
        fault.delay = delay;
        fault
    }

    /// The honest answer with headers changed by [`Fault::header`] and [`Fault::without_header`].
    pub const fn headers() -> Self {
        Self::honest()
    }

    /// Never answers, and keeps the connection open.
    pub const fn hang() -> Self {
        Self::delivered(Delivery::Never)
    }

    /// Closes the connection before the first byte of an answer.
    pub const fn drop_before_answer() -> Self {
        Self::delivered(Delivery::DropBefore)
    }

    /// Closes the connection after the head and half of the body.
    pub const fn drop_mid_answer() -> Self {
        Self::delivered(Delivery::DropMidway)
    }

    /// The body, chunked, followed by spaces without end.
    pub const fn endless_body() -> Self {
        Self::delivered(Delivery::EndlessBody)
    }

    /// The body byte by byte, one per `interval`.
    pub const fn slow_body(interval: Duration) -> Self {
        Self::delivered(Delivery::SlowBody(interval))
    }

    /// A `Content-Length` of `length`, whatever the length of the body; the body is sent whole
    /// and the connection closed behind it.
    pub const fn content_length(length: usize) -> Self {
        Self::delivered(Delivery::ContentLength(length))
    }

    /// Waits `delay` before the answer is computed.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Another status and body than the honest ones, for a fault of delivery.
    pub fn with_answer(mut self, answer: Answer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// Sets a header of the answer, for example `age`, `retry-after`, `location` or an old `date`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Some(value.into())));
        self
    }

    /// Removes a header of the answer, `date` included.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.headers.push((name.into(), None));
        self
    }

    /// Only requests whose form parameter `token` is this one.
    pub fn for_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Only the next `count` requests that it fits.
    pub const fn times(mut self, count: usize) -> Self {
        self.remaining = Some(count);
        self
    }

    pub(crate) fn initial_delay(&self) -> Duration {
        self.delay
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery
    }

    pub(crate) fn own_answer(&self) -> Option<Answer> {
        self.answer.clone()
    }

    pub(crate) fn apply_headers(&self, answer: &mut Answer) {
        for (name, value) in &self.headers {
            answer.set_header(name, value.clone());
        }
    }
}
