//! Connections: how many at a time, how long each may say nothing, how old it may become, and how all of
//! them end.

use std::{future::pending, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, serve::Listener};
use hyper::{
    Request,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{sleep, timeout},
};

/// How many connections there may be; the next ones wait to be accepted. Each is an open file, of
/// which processes often may have 1024.
pub(crate) const PLACES: usize = 800;
/// How long a connection may be there without a request, and the head of one take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(75);
/// How often a client is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How many calls there may be on one connection at a time.
const CALLS: u32 = 100;
/// After how long a client is told to go on over another connection.
pub(crate) const AGE: Duration = Duration::from_secs(30 * 60);
/// How long the calls of the old one may go on then, streams among them.
pub(crate) const GRACE: Duration = Duration::from_secs(5 * 60);
/// How long calls may go on after the last connection was accepted.
pub(crate) const DRAIN: Duration = Duration::from_secs(20);

/// Serves HTTP/2, and HTTP/1.1 to whoever speaks that, until `closed`, and then until everybody who has
/// called was answered, or [`DRAIN`] is over.
///
/// `tonic::transport::Server` would be shorter. It waits for ever for the first byte, and takes either
/// no more calls from a connection that is old or cuts those off that are under way, but not the one
/// and then the other: here no payment is cut off that does not take minutes, and nobody keeps a
/// connection for ever by reading nothing of it.
pub(crate) async fn serve(
    mut listener: impl Listener<Addr = SocketAddr>,
    router: Router,
    closed: impl Future<Output = ()>,
) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .max_concurrent_streams(CALLS);
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(PLACES));
    let (end, ending) = watch::channel(());
    let mut closed = pin!(closed);
    loop {
        let arriving = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, _)) = tokio::select! {
            () = &mut closed => break,
            arrival = arriving => arrival,
        };
        let (http, service, mut ending) = (http.clone(), service.clone(), ending.clone());
        tokio::spawn(async move {
            let _place = place;
            let asked = Notify::new();
            let service = service_fn(|request: Request<_>| {
                asked.notify_one();
                service.call(request)
            });
            let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
            let silence = async {
                if timeout(PATIENCE, asked.notified()).await.is_ok() {
                    pending().await
                }
            };
            let leaving = async {
                tokio::select! {
                    _ = ending.changed() => {}
                    () = sleep(AGE) => {}
                }
            };
            // Whoever goes away, or has said nothing for too long, has been served.
            tokio::select! {
                _ = connection.as_mut() => return,
                () = silence => return,
                () = leaving => connection.as_mut().graceful_shutdown(),
            }
            let _ = timeout(GRACE, connection).await;
        });
    }
    drop((listener, ending));
    end.send_replace(());
    // Whoever has not finished by then is cut off.
    let _ = timeout(DRAIN, end.closed()).await;
}
