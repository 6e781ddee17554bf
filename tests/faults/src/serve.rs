use std::{pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};

/// How many connections there may be; the next ones wait to be accepted.
const PLACES: usize = 800;
/// How long the head of a request may take, and a connection be idle.
const PATIENCE: Duration = Duration::from_secs(10);
/// No connection is older than that: whoever does not read his answer does not stay for ever.
const LIFE: Duration = Duration::from_secs(120);
/// How long nobody is accepted after that has failed, for example for want of a descriptor.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves HTTP/1.1, with bounds on what a client can hold, for ever.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(PLACES));
    loop {
        let place = places.clone().acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        // Where it cannot be set, answers are slower.
        let _ = stream.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(async move {
            let _place = place;
            let mut connection = pin!(connection);
            if timeout(LIFE, connection.as_mut()).await.is_err() {
                connection.as_mut().graceful_shutdown();
                let _ = timeout(PATIENCE, connection).await;
            }
        });
    }
}
