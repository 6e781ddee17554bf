use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use http::StatusCode;
use tokio::sync::watch;
use tracing::Span;

use super::{
    Algorithm, KeyLimits, KeySet,
    control::{Control, KeyFlight},
    fetched::Fetched,
};
use crate::{
    Clock,
    discovery::Discovery,
    http_client::{Began, FetchError, Fetcher, Limits, Outcome, ServerUrl, fetch_from_origin},
    telemetry::KeyFetchOutcome,
};

/// The keys that an issuer publishes, fetched when they are needed, by one fetch at a time. Who
/// asks for a known key waits for nobody.
pub(crate) struct RemoteJwks {
    pub(super) discovery: Arc<Discovery>,
    algorithms: Arc<[Algorithm]>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: KeyLimits,
    pub(super) current: ArcSwapOption<Fetched>,
    pub(super) control: Control,
    /// The number of the last fetch that has ended.
    pub(super) landings: watch::Sender<u64>,
}

/// A place on a fetch.
pub(super) struct Joined {
    pub(super) flight: KeyFlight,
    /// Whether the fetch begins for whoever has joined.
    pub(super) is_ours: bool,
}

impl RemoteJwks {
    /// How long a set is asked about by its entity tag before it is asked for itself again; two
    /// of its lives when that is longer.
    const CONFIRMED_FOR: Duration = Duration::from_secs(3600);
    const MAX_DOCUMENT: usize = 256 * 1024;

    pub(crate) fn new(
        discovery: Arc<Discovery>,
        algorithms: Arc<[Algorithm]>,
        limits: KeyLimits,
    ) -> Self {
        let clock = discovery.clock.clone();
        Self {
            discovery,
            algorithms,
            current: ArcSwapOption::empty(),
            control: Control::new(&limits, &*clock),
            landings: watch::Sender::new(0),
            clock,
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

    /// Lets a fetch begin in the background, unless one is under way or has just failed. Everybody
    /// comes by here from a set's refresh point on, so where nothing is to be done it costs a lock
    /// and no copy.
    pub(super) fn refresh(self: &Arc<Self>) {
        let may_begin = self.control.lock().single_flight.may_begin(&*self.clock);
        if may_begin {
            drop(self.board());
        }
    }

    /// The same, if the last fetch has failed; whether it has.
    pub(super) fn refresh_after_failure(self: &Arc<Self>) -> bool {
        let control = self.control.lock();
        let single_flight = &control.single_flight;
        let has_failed = single_flight.has_failed();
        let may_begin = has_failed && single_flight.may_begin(&*self.clock);
        drop(control);
        if may_begin {
            drop(self.board());
        }
        has_failed
    }

    pub(super) fn age(&self, fetched: &Fetched) -> Duration {
        fetched.age(self.clock.monotonic())
    }

    /// This set, or the one that has come after it.
    pub(super) fn newest(&self, fetched: Arc<Fetched>) -> Arc<Fetched> {
        let current = self.current.load_full();
        let newer = current.filter(|current| current.began.number > fetched.began.number);
        newer.unwrap_or(fetched)
    }

    pub(super) fn may_stand_in(&self, fetched: &Fetched) -> bool {
        let bound = fetched.life.saturating_add(self.limits.max_stale);
        self.age(fetched) < bound
    }

    /// The set that is here, if the issuer can be asked whether it is still the one. It is not
    /// asked that
    /// - before the set is due: such a fetch is for a key that is missing, and brings it even if a
    ///   server changes its keys and not its entity tag. A set that was confirmed is due no longer,
    ///   so whoever misses a key in it is sent the set itself;
    /// - after a failure, since the question may be what the server stumbled over;
    /// - about a set that may no longer be used, or that came itself too long ago: a server that
    ///   changes its keys and not its tag would keep a withdrawn key alive.
    fn to_revalidate(&self) -> Option<Arc<Fetched>> {
        let has_failed = self.control.lock().single_flight.has_failed();
        let current = self.current.load_full()?;
        let now = self.clock.monotonic();
        let is_due = self.age(&current) >= current.refresh_at;
        let sent = now.saturating_duration_since(current.sent.began);
        let bound = Self::CONFIRMED_FOR.max(self.limits.max_age.saturating_mul(2));
        let may_be_confirmed = sent < bound && self.may_stand_in(&current);
        (is_due && !has_failed && may_be_confirmed).then_some(current)
    }

    /// What came of a fetch: a set that was confirmed is the very one that is here.
    fn came_of(&self, outcome: Option<&Outcome<Arc<Fetched>>>) -> KeyFetchOutcome {
        let Some(Ok(fetched)) = outcome else {
            return KeyFetchOutcome::Failed;
        };
        match &*self.current.load() {
            Some(current) if Arc::ptr_eq(&current.set, &fetched.set) => KeyFetchOutcome::Unchanged,
            _ => KeyFetchOutcome::Fetched,
        }
    }

    /// Reads a set that was fetched from `url`.
    fn parse(&self, document: &[u8], url: &ServerUrl) -> Result<KeySet, FetchError> {
        let set =
            KeySet::parse(document, &self.algorithms).map_err(|problem| FetchError::Malformed {
                url: url.to_string(),
                problem: problem.to_string(),
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
        Ok(set)
    }
}

impl Fetcher for RemoteJwks {
    type Document = Arc<Fetched>;

    async fn fetch(&self, began: Began) -> Outcome<Arc<Fetched>> {
        let url = self.discovery.jwks_uri().await?;
        let limits = Limits::new(self.limits.deadline, Self::MAX_DOCUMENT);
        let accept = "application/jwk-set+json, application/json";
        let held = self.to_revalidate();
        let tag = held.as_ref().and_then(|held| held.entity_tag_at(&url));
        let http = &*self.discovery.http;
        let answer = fetch_from_origin(http, &url, accept, tag, limits).await?;
        let fetched = match held {
            Some(held) if answer.status() == StatusCode::NOT_MODIFIED => {
                held.renewed(began, answer.headers(), &self.limits)
            }
            _ => {
                // The set is known by its members and not by the content type, which static file
                // servers get wrong; nothing else has an array `keys` by accident.
                let set = Arc::new(self.parse(answer.body(), &url)?);
                Fetched::new(set, began, url, answer.headers(), &self.limits)
            }
        };
        Ok(Arc::new(fetched))
    }

    fn span(&self) -> Span {
        self.discovery.telemetry.key_fetch_span()
    }

    /// A set never takes the place of one whose fetch began later.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Arc<Fetched>>>) {
        self.discovery.telemetry.key_fetch(self.came_of(outcome));
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
                self.discovery
                    .telemetry
                    .keys_in_use(fetched.set.usable_keys(), fetched.made);
            }
        }
        control.single_flight.land(began, outcome, now);
        drop(control);
        self.landings.send_replace(began.number);
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
    use http::{HeaderMap, Request};

    use super::*;
    use crate::{
        HttpClient, HttpFuture, SystemClock,
        discovery::{KnownMetadata, NamedEndpoints, PublishedDocument},
        http_client::ServerUrl,
        telemetry::Telemetry,
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
            document: PublishedDocument::Login,
            allows_http: false,
            deadline: limits.deadline,
            http: Arc::new(Silent),
            clock: Arc::new(SystemClock),
            known: KnownMetadata::new(limits.deadline),
            telemetry: Telemetry::new(&issuer.into()),
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
            let source = remote.discovery.base.clone();
            let fetched = Fetched::new(set, began, source, &HeaderMap::new(), &remote.limits);
            remote.landed(began, Some(&Ok(Arc::new(fetched))));
            let current = remote.current.load_full().unwrap();
            currents.push(current.began.number);
        }
        assert_eq!(currents, [2, 2, 3]);
    }
}
