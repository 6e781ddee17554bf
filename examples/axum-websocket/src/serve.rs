//! Connections: how many at a time, how long each may say nothing, and how all of them end.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;

/// How many connections there may be; the next ones wait to be accepted. Each is an open file, of
/// which processes often may have 1024.
pub(crate) const PLACES: usize = 800;
/// How long the head of a request may take, a connection be idle, and an answer wait to be read:
/// shorter, and whoever keeps idle connections in front of this would send requests into closed ones.
pub(crate) const PATIENCE: Duration = Duration::from_secs(75);
/// How long requests may go on after the last connection was accepted.
pub(crate) const DRAIN: Duration = Duration::from_secs(20);

/// Serves HTTP/1.1 until `closed`, and then until everybody who has asked was answered, or [`DRAIN`] is
/// over. Handlers find the peer in `ConnectInfo<SocketAddr>`.
///
/// `axum::serve` would be shorter. It waits for ever for a head that does not come or an answer that
/// nobody reads, and for however many of them, so whoever has no token keeps as many connections as he
/// likes.
pub(crate) async fn serve(
    mut listener: impl Listener<Addr = SocketAddr>,
    router: Router,
    closed: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(PLACES));
    let (end, ending) = watch::channel(());
    let mut closed = pin!(closed);
    loop {
        let arriving = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut closed => break,
            arrival = arriving => arrival,
        };
        let service = service.clone();
        let service = service_fn(move |mut request: Request<_>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(PATIENCE));
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let mut ending = ending.clone();
        tokio::spawn(async move {
            let _place = place;
            let mut connection = pin!(connection.with_upgrades());
            // Whoever goes away, or says nothing for too long, has been served.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = ending.changed() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    drop((listener, ending));
    end.send_replace(());
    // Whoever has not finished by then is cut off.
    let _ = timeout(DRAIN, end.closed()).await;
}
