use std::{convert::Infallible, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::Watcher,
};

use super::{connections::Conversation, listener::Stream};
use crate::{forwarded::Peer, gate::Gate};

/// Questions in the headers of HTTP/1.1.
#[derive(Clone)]
pub(super) struct ForwardAuth {
    gate: Arc<Gate>,
    http: http1::Builder,
}

impl ForwardAuth {
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
        Self { gate, http }
    }
}

impl Conversation for ForwardAuth {
    fn lets_in(&self, address: IpAddr) -> bool {
        self.gate.believes(Peer::Address(address))
    }

    async fn hold(&self, peer: Peer, stream: Box<dyn Stream>, watcher: Watcher) {
        let gate = self.gate.clone();
        let service = service_fn(move |request| answer(gate.clone(), peer, request));
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        // Whoever goes away in the middle of it has no more questions.
        let _ = watcher.watch(connection).await;
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
