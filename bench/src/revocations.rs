use std::{future::pending, sync::Arc, time::Duration};

use portcullis::{
    Expectations, FeedFuture, Issuer, RevocationFeed, RevocationNotice, RevocationSet,
    RevocationSink, TokenFacts,
};
use tokio::{runtime::Runtime, sync::Notify};

use crate::{AUDIENCE, FIXED_ISSUER, fixed_issuer, milliseconds, uuid};

/// A set that remembers so much of every kind, and good tokens to look up in it: of a session, a
/// subject, a client and an id each, none of which it has.
#[derive(Debug)]
pub struct Revocations {
    /// The set.
    pub set: RevocationSet,
    /// So many tokens that no cache of the processor has them all.
    pub tokens: Vec<TokenFacts>,
    _issuer: Issuer,
    _runtime: Runtime,
}

impl Revocations {
    /// Remembers `entries` things that are over.
    ///
    /// # Panics
    ///
    /// When there is nothing to measure.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "without its subject there is nothing to measure"
    )]
    pub fn with(entries: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .expect("a runtime");
        let told = Arc::new(Notify::new());
        let issuer = fixed_issuer()
            .expect("an issuer")
            .max_revocations(entries.max(1))
            .revocation_feed(Flood::of(entries, &told))
            .build()
            .expect("the configuration is accepted");
        let set = issuer.revocations().clone();
        let tokens: Vec<_> = (0..TOKENS).map(token).collect();
        runtime.block_on(async {
            if let Some(token) = tokens.first() {
                // The first look begins the feed.
                let _ = set.look_up(token);
            }
            told.notified().await;
        });
        Self {
            set,
            tokens,
            _issuer: issuer,
            _runtime: runtime,
        }
    }
}

const TOKENS: u64 = 4096;

/// A feed that has a lot to say at once, and then nothing.
#[derive(Debug)]
pub struct Flood {
    entries: usize,
    told: Arc<Notify>,
}

impl Flood {
    /// So many things that are over; `told` is notified when all of them were said.
    #[must_use]
    pub fn of(entries: usize, told: &Arc<Notify>) -> Self {
        Self {
            entries,
            told: Arc::clone(told),
        }
    }
}

impl RevocationFeed for Flood {
    fn run(&self, sink: RevocationSink) -> FeedFuture {
        for number in 0..self.entries as u64 {
            if let Ok(notice) = RevocationNotice::decode(notice(number).as_bytes()) {
                sink.take(&notice);
            }
        }
        if let Some(now) = sink.now() {
            sink.reach_back(now.minus(Duration::from_secs(7200)));
        }
        sink.hear();
        self.told.notify_one();
        Box::pin(pending())
    }

    fn publish(&self, _: &str, _: RevocationNotice) -> FeedFuture {
        Box::pin(async { Ok(()) })
    }
}

/// Mostly sessions, every fourth a token, now and then a subject, and one client.
fn notice(number: u64) -> String {
    let now = milliseconds();
    let name = uuid(number);
    let about = match number {
        7 => format!(r#""kind":"client","client_id":"{name}","before":{now}"#),
        number if number % 1000 == 1 => {
            format!(r#""kind":"subject","sub":"{name}","issued":{now}"#)
        }
        number if number % 4 == 0 => {
            let until = now + 3_600_000;
            format!(
                r#""kind":"suspect_token","name":"{name}","sid":null,"asked":{now},"until":{until}"#
            )
        }
        _ => format!(r#""kind":"session","sid":"{name}","issued":{now}"#),
    };
    format!(r#"{{{about},"received":{now}}}"#)
}

#[expect(
    clippy::expect_used,
    reason = "without its subject there is nothing to measure"
)]
fn token(number: u64) -> TokenFacts {
    let now = milliseconds() / 1000;
    let [sid, sub, jti] = [5, 9, 13].map(|million| uuid(number + million * 1_000_000));
    let claims = format!(
        r#"{{"iss":"{FIXED_ISSUER}","aud":"{AUDIENCE}","azp":"shop-web","sid":"{sid}","sub":"{sub}","jti":"onrtro:{jti}","iat":{now},"exp":{}}}"#,
        now + 300
    );
    let expectations = Arc::new(Expectations::danger_any_audience());
    TokenFacts::from_json(claims, &expectations).expect("claims")
}
