use std::{sync::Arc, time::Duration};

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{Semaphore, watch};

use super::listener::{Arrival, Listener, Stream};
use crate::forwarded::Peer;

/// Connections of gateways, as many at a time as there are places.
pub(super) struct Connections<C> {
    conversation: C,
    places: Arc<Semaphore>,
}

/// What is spoken on a connection, with a limit to everything that one of them may take up.
pub(super) trait Conversation: Clone + Send + Sync + 'static {
    /// How long a gateway may take from one question to the next, and with one.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Answers questions until the gateway goes away, or the watcher has had enough.
    fn hold(
        &self,
        peer: Peer,
        stream: Box<dyn Stream>,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send;

    /// There will be no more connections.
    fn end(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl<C: Conversation> Connections<C> {
    /// How many there may be at a time; the next ones wait to be accepted.
    const PLACES: usize = 4096;

    pub(super) fn new(conversation: C) -> Self {
        Self {
            conversation,
            places: Arc::new(Semaphore::new(Self::PLACES)),
        }
    }

    /// Serves until told to stop, and then until everybody has been answered.
    pub(super) async fn serve(self, listener: Listener, mut stopped: watch::Receiver<bool>) {
        let draining = GracefulShutdown::new();
        loop {
            let place = self.places.clone().acquire_owned();
            let arrival = tokio::select! {
                biased;
                _ = stopped.wait_for(|&stopped| stopped) => break,
                arrival = async { (place.await, listener.accept().await) } => arrival,
            };
            let (place, arrival) = arrival;
            let conversation = self.conversation.clone();
            let watcher = draining.watcher();
            tokio::spawn(async move {
                let _place = place;
                if let Some((peer, stream)) = Arrival::identify(arrival).await {
                    conversation.hold(peer, stream, watcher).await;
                }
            });
        }
        drop(listener);
        self.conversation.end().await;
        draining.shutdown().await;
    }
}
