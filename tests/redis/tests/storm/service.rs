use std::{future::Future, ops::Range, sync::Arc};

use portcullis::{
    Ended, Expectations, Issuer, LocalOnly, ManualClock, RevocationFeed, RevocationNotice,
    Standing, StateKeys, TokenFacts,
};
use portcullis_redis::RedisState;
use tokio::runtime::{Builder, Runtime};

pub(crate) const ISSUER: &str = "http://127.0.0.1:1";
/// When everything happens, in seconds.
pub(crate) const T0: u64 = 1_700_000_000;
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// An instance of the service on a thread of its own.
pub(crate) struct Service {
    runtime: Option<Runtime>,
    issuer: Arc<Issuer<LocalOnly>>,
    redis: RedisState,
}

/// The sessions by number.
pub(crate) fn sid(number: usize) -> String {
    format!("session-{number:08}")
}

/// What a token of such a session says.
pub(crate) fn facts(number: usize) -> TokenFacts {
    let (iat, exp) = (T0, T0 + 300);
    let sid = sid(number);
    let json = format!(r#"{{"iss":"{ISSUER}","sid":"{sid}","iat":{iat},"exp":{exp}}}"#);
    TokenFacts::from_json(json, &Arc::new(Expectations::audience("any"))).unwrap()
}

fn notice(number: usize) -> RevocationNotice {
    let now = T0 * 1000;
    let sid = sid(number);
    let json = format!(r#"{{"kind":"session","sid":"{sid}","issued":{now},"received":{now}}}"#);
    RevocationNotice::decode(json.as_bytes()).unwrap()
}

impl Service {
    pub(crate) fn start(url: &str, clock: &ManualClock) -> Self {
        let keys = StateKeys::from_hex(KEY).unwrap();
        let redis = RedisState::new(url, &keys).unwrap();
        // Nobody is asked for anything: there is nobody there.
        let issuer = Issuer::builder(ISSUER)
            .unwrap()
            .audience("any")
            .clock(clock.clone())
            .revocation_feed(redis.clone())
            .build()
            .unwrap();
        let service = Self {
            runtime: Some(
                Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .unwrap(),
            ),
            issuer: Arc::new(issuer),
            redis,
        };
        let _runs = service.runtime.as_ref().unwrap().enter();
        // Whatever goes on in the background begins with the first look.
        let _ = service.look_up(&facts(usize::MAX));
        service
    }

    /// Tells of the ends of these sessions; ends once all of that is in Redis.
    pub(crate) fn publish(&self, sessions: Range<usize>) -> impl Future<Output = ()> + use<> {
        let redis = self.redis.clone();
        let told = self.runtime.as_ref().unwrap().spawn(async move {
            let told: Vec<_> = sessions
                .map(|number| redis.publish(ISSUER, notice(number)))
                .collect();
            for told in told {
                told.await.unwrap();
            }
        });
        async move { told.await.unwrap() }
    }

    pub(crate) fn known(&self) -> usize {
        self.issuer.revocations().len()
    }

    pub(crate) fn look_up(&self, facts: &TokenFacts) -> Standing {
        self.issuer.revocations().look_up(facts)
    }

    pub(crate) fn is_revoked(&self, facts: &TokenFacts) -> bool {
        matches!(self.look_up(facts), Standing::Revoked(Ended::Session))
    }
}

/// It dies without a word.
impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
