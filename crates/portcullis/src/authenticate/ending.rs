//! When a token that was let in is over: for what goes on after the verdict.

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use super::VerifiedToken;
use crate::{Clock, Freshness, Reason, Rejection, Timestamp, pacing::refresh_point};

impl VerifiedToken {
    /// Waits until the token is over, and says why: for what goes on after the request was let in,
    /// such as a stream or a WebSocket.
    ///
    /// It is judged again as a request would be that arrives now with this token:
    ///
    /// * when its `exp` passes, with the leeway that its issuer is given;
    /// * as soon as this instance learns anything that may be about it: a logout, a cut-off, an
    ///   event, an inactive answer to somebody else's question. Where only the server can say what
    ///   that means, it is asked once;
    /// * about twice a minute, in the verifier's own way: a token whose key was withdrawn is over, one
    ///   that is introspected is asked about when the last answer is no longer kept, and one that is
    ///   to be rechecked counts as in use.
    ///
    /// What the route requires is held against newer facts too: a role that was taken away is 403.
    ///
    /// **What cannot be known ends nothing.** While the server is out of reach (503), or refuses us for
    /// our own fault (500), it is asked again after 1 to 30 seconds, and the stream lives on: it was
    /// let in by a verdict, nothing is known against it, its `exp` bounds how long that can last, and
    /// to end all streams in an outage would send all their clients to that very server. A token
    /// without `exp` ends when nothing could be learned of it for five minutes.
    ///
    /// Nothing is done meanwhile but to wait for a timer and for news, on the runtime of tokio. The token
    /// itself is kept in memory for as long. Where the server must not only be listened to but asked,
    /// see [`ended_within`](Self::ended_within).
    ///
    /// ```
    /// use portcullis::{Reason, VerifiedToken};
    ///
    /// /// Serves until the token is over, or the client goes away.
    /// async fn serve(token: VerifiedToken) -> Option<Reason> {
    ///     tokio::select! {
    ///         rejection = token.ended() => Some(rejection.reason()),
    ///         () = chat() => None,
    ///     }
    /// }
    ///
    /// async fn chat() {
    ///     // …
    /// }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// # let token = VerifiedToken::for_test(&serde_json::json!({ "sub": "ali" })).unwrap();
    /// # assert_eq!(serve(token).await, None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn ended(&self) -> impl Future<Output = Rejection> + Send + 'static + use<> {
        Watch::new(self, Freshness::AsConfigured, Watch::PERIOD).ended()
    }

    /// As [`ended`](Self::ended), and asks the authorization server before the last answer about this
    /// very token is older than `age`, 2 seconds at the least. A verifier that cannot ask ends it at
    /// once, with [`Reason::CannotAsk`].
    ///
    /// While the server cannot be asked answers may grow older.
    pub fn ended_within(
        &self,
        age: Duration,
    ) -> impl Future<Output = Rejection> + Send + 'static + use<> {
        // An answer that is half as old as it may become will not be older before it is looked for
        // again.
        let half = age.max(Watch::LEAST_AGE) / 2;
        Watch::new(self, Freshness::Within(half), half).ended()
    }

    /// What the verifier says of the token now, in its own way.
    async fn verify_again(&self) -> Result<(), Rejection> {
        let began = self.clock().monotonic();
        let answer = self.answer(Freshness::AsConfigured, began).await;
        match answer {
            // Facts that were learned live say more than those that a token has of itself.
            Ok(facts) if facts.asked_at() <= self.facts().asked_at() => {
                self.progress().judge_again(self.now())
            }
            answer => self.learn(answer, began).await,
        }
    }
}

/// Somebody who holds a token for long.
struct Watch {
    token: VerifiedToken,
    freshness: Freshness,
    /// At most so long after a look comes the next.
    period: Duration,
}

/// Since when nothing could be learned of a token, and when to try next.
struct Ignorance {
    since: Instant,
    pause: Duration,
}

impl Watch {
    const PERIOD: Duration = Duration::from_secs(30);
    const LEAST_AGE: Duration = Duration::from_secs(2);

    fn new(token: &VerifiedToken, freshness: Freshness, period: Duration) -> Self {
        Self {
            token: token.without_caller_deadline(),
            freshness,
            period,
        }
    }

    async fn ended(self) -> Rejection {
        // It comes too late for the layer, which logs what it renders.
        self.verdict().await.logged()
    }

    async fn verdict(self) -> Rejection {
        let mut ignorance: Option<Ignorance> = None;
        loop {
            // Before the look, so that none is overlooked.
            let news = self.news();
            let Some(looked) = before(self.look(), self.expiry()).await else {
                continue;
            };
            let pause = match looked {
                Ok(()) => {
                    ignorance = None;
                    self.period
                }
                Err(rejection) if is_final(&rejection) => return rejection,
                Err(rejection) => {
                    let now = self.clock().monotonic();
                    let ignorance = ignorance.get_or_insert_with(|| Ignorance::since(now));
                    if self.expires().is_none() && ignorance.is_too_long(now) {
                        return rejection;
                    }
                    ignorance.next_pause(&rejection)
                }
            };
            // Those of many streams are not to fall together.
            let next = self.clock().sleep(refresh_point(pause));
            before(before(news, next), self.expiry()).await;
        }
    }

    async fn look(&self) -> Result<(), Rejection> {
        // What is known may be enough for a no: nobody is asked about a token that has expired.
        let settling = self.token.judge_again()?;
        let is_open = settling.is_some();
        if let Some(settling) = settling {
            settling.await?;
        }
        match self.freshness {
            // What has just been asked about needs no second look.
            Freshness::AsConfigured if is_open => Ok(()),
            Freshness::AsConfigured => self.token.verify_again().await,
            freshness => self.token.refreshed(freshness).await.map(drop),
        }
    }

    fn news(&self) -> impl Future<Output = ()> + Send + use<> {
        let facts = self.token.facts();
        let revocations = facts.expectations().revocations.as_ref();
        let news = revocations.map(|revocations| revocations.news_of(&facts));
        async move {
            match news {
                Some(news) => news.await,
                None => pending().await,
            }
        }
    }

    /// Waits until the judge calls the token expired.
    fn expiry(&self) -> impl Future<Output = ()> + Send + use<> {
        let left = self.expires().map(|end| end.since(self.token.now()));
        let passed = left.map(|left| self.clock().sleep(left));
        async move {
            match passed {
                Some(passed) => passed.await,
                None => pending().await,
            }
        }
    }

    /// When that is, by the wall clock.
    fn expires(&self) -> Option<Timestamp> {
        let facts = self.token.facts();
        let ends = facts.statements().filter_map(|statement| {
            let exp = statement.registered().exp?;
            Some(exp.plus(statement.expectations().leeway))
        });
        ends.min()
    }

    fn clock(&self) -> &dyn Clock {
        self.token.clock()
    }
}

impl Ignorance {
    const LONGEST: Duration = Duration::from_secs(5 * 60);
    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    fn since(now: Instant) -> Self {
        Self {
            since: now,
            pause: Self::FIRST_PAUSE,
        }
    }

    fn is_too_long(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= Self::LONGEST
    }

    fn next_pause(&mut self, rejection: &Rejection) -> Duration {
        let pause = self.pause;
        self.pause = pause.saturating_mul(2).min(Self::LONGEST_PAUSE);
        let asked_for = rejection.retry_after().unwrap_or_default();
        pause.max(asked_for).min(Self::LONGEST_PAUSE)
    }
}

/// Whether the token was judged. That nobody can be asked at all no waiting mends.
fn is_final(rejection: &Rejection) -> bool {
    rejection.status().is_client_error() || rejection.reason() == Reason::CannotAsk
}

/// What comes of something unless `end` comes before.
async fn before<T>(something: impl Future<Output = T>, end: impl Future<Output = ()>) -> Option<T> {
    let (mut something, mut end) = (pin!(something), pin!(end));
    poll_fn(|cx| match something.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
    .await
}
