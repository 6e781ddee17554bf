use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;

use super::{
    Algorithm, KeyLimits, KeySet,
    bucket::Bucket,
    control::{Control, Fetched, KeyFlight},
};
use crate::{
    Clock,
    discovery::Discovery,
    http_client::{Began, FetchError, Fetcher, Limits, Outcome, SingleFlight, fetch_document},
};

/// The keys that an issuer publishes, fetched when they are needed, by one fetch at a time. Who
/// asks for a known key waits for nobody.
pub(crate) struct RemoteJwks {
    discovery: Arc<Discovery>,
    algorithms: Arc<[Algorithm]>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: KeyLimits,
    pub(super) current: ArcSwapOption<Fetched>,
    pub(super) control: Control,
}

/// A place on a fetch.
pub(super) struct Joined {
    pub(super) flight: KeyFlight,
    /// Whether the fetch begins for whoever has joined.
    pub(super) is_ours: bool,
}

impl RemoteJwks {
    const MAX_DOCUMENT: usize = 256 * 1024;

    pub(crate) fn new(
        discovery: Arc<Discovery>,
        algorithms: Arc<[Algorithm]>,
        limits: KeyLimits,
    ) -> Self {
        let clock = discovery.clock.clone();
        let bucket = Bucket::full(
            limits.unknown_kid_burst,
            limits.unknown_kid_period,
            clock.monotonic(),
        );
        Self {
            discovery,
            algorithms,
            clock,
            current: ArcSwapOption::empty(),
            control: Control::new(SingleFlight::new(limits.deadline), bucket, limits.waiters),
            limits,
        }
    }

    /// Fetches the keys now, unless a fetch is under way.
    pub(crate) async fn load(self: &Arc<Self>) -> Result<(), FetchError> {
        self.board()?.flight.landed().await.map(drop)
    }

    /// The fetch that is under way, or a new one.
    pub(super) fn board(self: &Arc<Self>) -> Result<Joined, FetchError> {
        let departure = self.control.lock().single_flight.board(&*self.clock)?;
        let is_ours = departure.is_new();
        let flight = departure.launch(self);
        Ok(Joined { flight, is_ours })
    }

    pub(super) fn age(&self, fetched: &Fetched) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_duration_since(fetched.began.monotonic)
    }

    pub(super) fn may_stand_in(&self, fetched: &Fetched) -> bool {
        let bound = self.limits.max_age.saturating_add(self.limits.max_stale);
        self.age(fetched) < bound
    }
}

impl Fetcher for RemoteJwks {
    type Document = Arc<Fetched>;

    async fn fetch(&self, began: Began) -> Outcome<Arc<Fetched>> {
        let url = self.discovery.jwks_uri().await?;
        let limits = Limits::new(self.limits.deadline, Self::MAX_DOCUMENT);
        let accept = "application/jwk-set+json, application/json";
        let document = fetch_document(&*self.discovery.http, &url, accept, limits).await?;
        let set = KeySet::parse(&document, &self.algorithms).map_err(|problem| {
            FetchError::Malformed {
                url: url.to_string(),
                problem: problem.to_string(),
            }
        })?;
        let before = self.current.load();
        set.warn_of_private_keys(before.as_deref().map(|before| &*before.set));
        if set.usable_keys() == 0 {
            tracing::warn!(
                target: "portcullis::jwks",
                %url,
                "the issuer publishes no key that can be used here: its tokens will be refused"
            );
        }
        let set = Arc::new(set);
        Ok(Arc::new(Fetched { set, began }))
    }

    /// A set never takes the place of one whose fetch began later.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Arc<Fetched>>>) {
        if let Some(Err(error)) = outcome {
            tracing::warn!(target: "portcullis::jwks", "the keys could not be fetched: {error}");
        }
        let now = self.clock.monotonic();
        let mut control = self.control.lock();
        if let Some(Ok(fetched)) = outcome {
            let current = self.current.load();
            let current = current.as_ref();
            if current.is_none_or(|current| current.began.number < began.number) {
                self.current.store(Some(fetched.clone()));
            }
        }
        control.single_flight.land(began, outcome, now);
    }
}

impl fmt::Debug for RemoteJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks")
            .field("issuer", &self.discovery.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::{
        HttpClient, HttpFuture, SystemClock,
        discovery::{KnownMetadata, NamedEndpoints},
        http_client::ServerUrl,
    };

    #[derive(Debug)]
    struct Silent;

    impl HttpClient for Silent {
        fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
            Box::pin(pending())
        }
    }

    fn remote() -> RemoteJwks {
        let limits = KeyLimits::default();
        let issuer = "https://id.example.com";
        let discovery = Discovery {
            issuer: issuer.into(),
            base: ServerUrl::parse(issuer, false).unwrap(),
            named: NamedEndpoints::default(),
            allows_http: false,
            deadline: limits.deadline,
            http: Arc::new(Silent),
            clock: Arc::new(SystemClock),
            known: KnownMetadata::new(limits.deadline),
        };
        RemoteJwks::new(Arc::new(discovery), Algorithm::ALL.into(), limits)
    }

    #[test]
    fn a_set_gives_way_only_to_one_whose_fetch_began_later() {
        let remote = remote();
        // Two fetches may begin at the same moment; their order is known all the same.
        let (monotonic, wall) = (remote.clock.monotonic(), remote.clock.now());
        let mut currents = Vec::new();
        for number in [2, 1, 3] {
            let began = Began {
                number,
                monotonic,
                wall,
            };
            let set = Arc::new(KeySet::parse(br#"{"keys":[]}"#, Algorithm::ALL).unwrap());
            remote.landed(began, Some(&Ok(Arc::new(Fetched { set, began }))));
            let current = remote.current.load_full().unwrap();
            currents.push(current.began.number);
        }
        assert_eq!(currents, [2, 2, 3]);
    }
}
