//! Connections over TLS that ends here, and the certificates of clients (RFC 8705 §3).

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::Request, serve::Listener};
use hyper::{
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
    service::TowerToHyperService,
};
use portcullis::PeerCertificate;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use crate::stop::Stop;

/// How long handshakes, connections and the end may take, and how many connections there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many connections there may be, those that still shake hands included; the next ones wait to
    /// be accepted. Each is an open file, of which processes often may have 1024.
    pub(crate) connections: u32,
    /// How long a client may take to shake hands.
    pub(crate) handshake: Duration,
    /// How long the head of a request may take, and a connection be idle.
    pub(crate) patience: Duration,
    /// How old a connection may become: one of HTTP/2 is never idle to those who look at its pings.
    pub(crate) age: Duration,
    /// How long requests may go on when their connection is to end.
    pub(crate) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 800,
            handshake: Duration::from_secs(10),
            patience: Duration::from_secs(75),
            age: Duration::from_secs(10 * 60),
            drain: Duration::from_secs(20),
        }
    }
}

/// Serves HTTP/1.1 and HTTP/2 until `stop` is closed, and then until everybody who has asked was
/// answered, or too much time has passed. Each request has the certificate of its connection with it,
/// where `CertificateSource::connection` finds it.
pub(crate) async fn serve(
    mut listener: TcpListener,
    tls: ServerConfig,
    router: Router,
    stop: Stop,
    limits: Limits,
) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let mut closed = pin!(stop.clone().closed());
    loop {
        let arriving = async {
            let place = places.clone().acquire_owned().await;
            // Not the method of `TcpListener` of this name: this one copes with errors.
            (place, Listener::accept(&mut listener).await)
        };
        let (place, (stream, _)) = tokio::select! {
            () = &mut closed => break,
            arrival = arriving => arrival,
        };
        let (acceptor, router, stop) = (acceptor.clone(), router.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            // Whoever gives up, or is not who he should be, is nobody's concern.
            let handshake = timeout(limits.handshake, acceptor.accept(stream)).await;
            if let Ok(Ok(stream)) = handshake {
                converse(stream, router, stop, limits).await;
            }
        });
    }
    drop(listener);
    // Until all places are free, or those who have them are cut off.
    let _ = timeout(limits.drain, places.acquire_many(limits.connections)).await;
}

async fn converse(stream: TlsStream<TcpStream>, router: Router, stop: Stop, limits: Limits) {
    let (_, tls) = stream.get_ref();
    let is_http2 = tls.alpn_protocol() == Some(b"h2");
    // The first one is the client's own; the others lead to the authority.
    let own = tls.peer_certificates().and_then(<[_]>::first);
    let certificate = own.map(|own| PeerCertificate(own.clone().into_owned()));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<_>| {
        if let Some(certificate) = &certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        router.call(request)
    });
    let stream = TokioIo::new(stream);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(limits.patience)
            .max_concurrent_streams(100);
        hold(http.serve_connection(stream, service), stop, limits).await;
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.patience);
        hold(http.serve_connection(stream, service), stop, limits).await;
    }
}

/// Answers on a connection until the client leaves, the connection is too old or the service stops.
async fn hold(connection: impl GracefulConnection, stop: Stop, limits: Limits) {
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.closed() => {}
        () = sleep(limits.age) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(limits.drain, connection).await;
}
