use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::sync::{Semaphore, watch};

use super::listener::{Arrival, Listener};
use crate::{forwarded::Peer, gate::Gate};

/// Connections of gateways, with a limit to everything that one of them may take up.
pub(super) struct Connections {
    gate: Arc<Gate>,
    http: http1::Builder,
    places: Arc<Semaphore>,
}

impl Connections {
    /// How many there may be at a time; the next ones wait to be accepted.
    const PLACES: usize = 4096;
    /// How long a gateway may take from one question to the next, and with one.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How many headers a question may have.
    const HEADERS: usize = 128;
    /// How long all of them may be, in bytes: a client's own come along.
    const BUFFER: usize = 64 * 1024;

    pub(super) fn new(gate: Arc<Gate>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Self::PATIENCE)
            .max_headers(Self::HEADERS)
            .max_buf_size(Self::BUFFER);
        Self {
            gate,
            http,
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
            let (gate, http) = (self.gate.clone(), self.http.clone());
            let watcher = draining.watcher();
            tokio::spawn(async move {
                let _place = place;
                let Some((peer, stream)) = Arrival::identify(arrival).await else {
                    return;
                };
                let service = service_fn(move |request| answer(gate.clone(), peer, request));
                let connection = http.serve_connection(TokioIo::new(stream), service);
                // Whoever goes away in the middle of it has no more questions.
                let _ = watcher.watch(connection).await;
            });
        }
        drop(listener);
        draining.shutdown().await;
    }
}

/// Whatever the method and whatever the path: what is asked stands in the headers, and a body is
/// never looked at.
async fn answer(
    gate: Arc<Gate>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let response = gate.answer(peer, request.headers()).await;
    Ok(response.map(Full::new))
}
