use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use portcullis::{FeedFuture, RevocationFeed, RevocationNotice, RevocationSink, StateKeys};

use crate::{
    RedisConfigError,
    address::Address,
    feed::{Channel, WriterId, follow},
    link::Link,
};

/// What the instances of a service share in Redis 7 or newer: answers of the authorization server
/// ([`SharedStore`](portcullis::SharedStore)) and news of what is over
/// ([`RevocationFeed`]). Give a clone to either method of the builder; clones are the same state, and
/// one is enough for all issuers of a process.
///
/// Everything is sealed under the keys. While Redis is gone each instance goes on alone, nothing
/// waits for it longer than a second, and what has to be told waits until it is back.
#[derive(Clone)]
pub struct RedisState {
    shared: Arc<Shared>,
}

struct Shared {
    address: Arc<Address>,
    keys: StateKeys,
    link: Link,
    /// As whom this process writes.
    writer: WriterId,
    /// By issuer.
    channels: Mutex<HashMap<String, Arc<Channel>>>,
    has_closed: Arc<AtomicBool>,
}

impl RedisState {
    /// At an address such as `redis://user:password@host:6379/0`, where all but the host may be left
    /// out; with `rediss://` (feature `tls`) over TLS, the authorities of this machine trusted. The
    /// keys are those of the whole service. Connects when it is first used.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(url: &str, keys: &StateKeys) -> Result<Self, RedisConfigError> {
        Self::at(Address::parse(url, None)?, keys)
    }

    /// The same over TLS with a server whose certificate a private authority has issued: its own, in
    /// PEM. The authorities of this machine stay trusted.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when there is no certificate in `pem`.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn with_root_certificate(
        url: &str,
        keys: &StateKeys,
        pem: impl AsRef<[u8]>,
    ) -> Result<Self, RedisConfigError> {
        Self::at(Address::parse(url, Some(pem.as_ref()))?, keys)
    }

    fn at(address: Address, keys: &StateKeys) -> Result<Self, RedisConfigError> {
        let address = Arc::new(address);
        Ok(Self {
            shared: Arc::new(Shared {
                link: Link::new(&address),
                address,
                keys: keys.clone(),
                writer: WriterId::random()?,
                channels: Mutex::default(),
                has_closed: Arc::default(),
            }),
        })
    }

    /// Says farewell to the other instances, once all they have to be told is told: for the end of the
    /// process, after its last request. Without it they cannot know whether this instance has died
    /// with news in hand, and ask about every token in use once. Takes five seconds at the most; what
    /// could not be done by then is logged.
    pub async fn close(&self) {
        self.shared.has_closed.store(true, Ordering::SeqCst);
        let channels: Vec<_> = self.channels().values().cloned().collect();
        let farewells = channels
            .into_iter()
            .map(|channel| tokio::spawn(async move { channel.say_farewell().await }));
        for farewell in farewells.collect::<Vec<_>>() {
            // It has said what went wrong.
            let _ = farewell.await;
        }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.shared.link
    }

    fn channel(&self, issuer: &str) -> Arc<Channel> {
        let shared = &self.shared;
        let mut channels = self.channels();
        let channel = channels.entry(issuer.to_owned()).or_insert_with(|| {
            let channel = Channel::new(
                issuer,
                &shared.keys,
                shared.writer,
                &shared.link,
                &shared.has_closed,
            );
            Arc::new(channel)
        });
        channel.clone()
    }

    fn channels(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Channel>>> {
        let channels = &self.shared.channels;
        channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationFeed for RedisState {
    fn run(&self, sink: RevocationSink) -> FeedFuture {
        let channel = self.channel(sink.issuer());
        Box::pin(follow(channel, self.shared.address.clone(), sink))
    }

    fn publish(&self, issuer: &str, notice: RevocationNotice) -> FeedFuture {
        self.channel(issuer).publish(&notice)
    }
}

impl fmt::Debug for RedisState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisState")
            .field("address", &self.shared.address)
            .finish_non_exhaustive()
    }
}
