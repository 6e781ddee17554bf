use std::{net::IpAddr, sync::Arc, time::Duration};

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{Semaphore, watch};

use super::{
    listener::{Arrival, Listener, Stream},
    phase::Phase,
};
use crate::forwarded::Peer;

/// Connections of one kind, as many at a time as there are places.
pub(super) struct Connections<C> {
    conversation: C,
    places: Arc<Semaphore>,
}

/// What is spoken on a connection, with a limit to everything that one of them may take up.
pub(super) trait Conversation: Clone + Send + Sync + 'static {
    /// How long a peer may take from one question to the next, and with one.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Whether somebody at this address may say anything at all.
    fn lets_in(&self, _address: IpAddr) -> bool {
        true
    }

    /// Answers questions until the peer goes away, or the watcher has had enough.
    fn hold(
        &self,
        peer: Peer,
        stream: Box<dyn Stream>,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send;

    /// Tells whoever wants to know that questions are better sent elsewhere from now on.
    fn leave(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// There will be no more connections.
    fn end(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl<C: Conversation> Connections<C> {
    /// So many at a time; the next ones wait to be accepted.
    pub(super) fn new(conversation: C, places: usize) -> Self {
        Self {
            conversation,
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Serves until the listener is to close, and then until everybody has been answered.
    pub(super) async fn serve(self, listener: Listener, mut phase: watch::Receiver<Phase>) {
        let mut leaving = phase.clone();
        let mut has_left = false;
        let draining = GracefulShutdown::new();
        loop {
            let place = self.places.clone().acquire_owned();
            let arriving = async { (place.await, listener.accept().await) };
            let arrival = tokio::select! {
                biased;
                () = reached(&mut leaving, Phase::Leaving), if !has_left => {
                    self.conversation.leave().await;
                    has_left = true;
                    continue;
                }
                () = reached(&mut phase, Phase::Closed) => break,
                arrival = arriving => arrival,
            };
            let (place, arrival) = arrival;
            // Who is not believed gets neither a place nor a word in: otherwise he could keep it.
            let is_stranger = arrival
                .address()
                .is_some_and(|address| !self.conversation.lets_in(address));
            if is_stranger {
                continue;
            }
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

/// Waits until it has come so far, or further.
async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    drop(phase.wait_for(|&phase| phase >= wanted).await);
}
