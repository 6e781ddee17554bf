use std::{
    convert::Infallible,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::Watcher,
};
use tokio::time::timeout;
use tonic::{body::Body, server::NamedService};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::{ServiceExt, util::BoxCloneSyncService};

use super::{connections::Conversation, listener::Stream};
use crate::{ext_authz::ExtAuthz, forwarded::Peer, gate::Gate};

/// Envoy's questions by gRPC, and beside them the health of the service (`grpc.health.v1`).
#[derive(Clone)]
pub(super) struct Grpc {
    gate: Arc<Gate>,
    reporter: HealthReporter,
    health: BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>,
    http: http2::Builder<TokioExecutor>,
}

impl Grpc {
    /// How many questions there may be at a time on a connection: Envoy has one for each of its threads.
    const QUESTIONS: u32 = 1024;
    /// How long the headers of a call may be, in bytes: those of the client are no part of them.
    const HEADERS: u32 = 16 * 1024;
    /// Those whose health is told.
    const SERVICES: [&str; 2] = ["", ExtAuthz::NAME];
    /// How often a silent connection is asked whether it is there.
    const SILENCE: Duration = Duration::from_secs(30);

    pub(super) async fn new(gate: Arc<Gate>) -> Self {
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_serving::<ExtAuthz>().await;
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(Self::QUESTIONS)
            .max_header_list_size(Self::HEADERS)
            .keep_alive_interval(Self::SILENCE)
            .keep_alive_timeout(Self::PATIENCE);
        Self {
            gate,
            reporter,
            health: BoxCloneSyncService::new(health),
            http,
        }
    }
}

impl Conversation for Grpc {
    fn lets_in(&self, address: IpAddr) -> bool {
        self.gate.believes(Peer::Address(address))
    }

    async fn hold(&self, peer: Peer, stream: Box<dyn Stream>, watcher: Watcher) {
        let (judge, health) = (ExtAuthz::new(self.gate.clone(), peer), self.health.clone());
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = has_asked.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let (judge, health) = (judge.clone(), health.clone());
            async move {
                if request.uri().path().starts_with("/grpc.health.v1.Health/") {
                    health.oneshot(request).await
                } else {
                    judge.oneshot(request).await
                }
            }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(watcher.watch(connection));
        // Whoever goes away in the middle of it has no more questions. Whoever never has one, maybe not even
        // a word of HTTP/2, has no place; once there was one, HTTP/2 finds out who is still there.
        let is_silent = timeout(Self::PATIENCE, &mut connection).await.is_err();
        if is_silent && has_asked.load(Ordering::Relaxed) {
            let _ = connection.await;
        }
    }

    /// Whoever asks for the health sends its questions elsewhere from now on.
    async fn leave(&self) {
        for service in Self::SERVICES {
            let status = ServingStatus::NotServing;
            self.reporter
                .clone()
                .set_service_status(service, status)
                .await;
        }
    }

    /// Whoever watches the health has been told, and keeps nobody waiting.
    async fn end(&self) {
        for service in Self::SERVICES {
            self.reporter.clone().clear_service_status(service).await;
        }
    }
}
