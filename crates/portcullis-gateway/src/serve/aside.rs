use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::Watcher,
    service::TowerToHyperService,
};
use tokio::time::timeout;

use super::{connections::Conversation, listener::Stream};
use crate::forwarded::Peer;

/// What is asked now and then, and not by gateways: maybe by anybody. One request for each connection,
/// within a time for all of it.
#[derive(Clone)]
pub(super) struct Aside {
    router: Router,
    http: http1::Builder,
}

impl Aside {
    /// How long the headers may take.
    const HEADERS_WITHIN: Duration = Duration::from_secs(5);
    /// How long everything may take, an answer that nobody reads included.
    const WITHIN: Duration = Duration::from_secs(30);
    /// How long the headers may be, in bytes.
    const BUFFER: usize = 16 * 1024;

    pub(super) fn new(router: Router) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .keep_alive(false)
            .header_read_timeout(Self::HEADERS_WITHIN)
            .max_buf_size(Self::BUFFER);
        Self { router, http }
    }
}

impl Conversation for Aside {
    async fn hold(&self, _: Peer, stream: Box<dyn Stream>, watcher: Watcher) {
        let service = TowerToHyperService::new(self.router.clone());
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        // Whoever goes away or takes too long has had his chance.
        let _ = timeout(Self::WITHIN, watcher.watch(connection)).await;
    }
}
