use std::{
    convert::Infallible,
    error::Error,
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body::Body;
use tonic::{
    Status,
    server::{Grpc, NamedService, UnaryService},
};
use tonic_prost::ProstCodec;
use tower::Service;

use super::{
    answer::answer,
    question::Question,
    wire::{CheckRequest, CheckResponse},
};
use crate::{
    Gate,
    forwarded::{AskedRefusal, GatewayKind, Peer},
};

/// `envoy.service.auth.v3.Authorization` for one connection: a gRPC service, for tonic or for any server of
/// HTTP/2.
///
/// It judges what [`Gate`] has rules for, and denies everything where those are for another gateway than
/// [`GatewayKind::Envoy`].
#[derive(Debug, Clone)]
pub struct ExtAuthz {
    gate: Arc<Gate>,
    peer: Peer,
    within: Duration,
}

impl ExtAuthz {
    /// Longer than a verdict may take: who runs out of this has not come to the end of his question.
    const WITHIN: Duration = Duration::from_secs(20);
    const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
    /// The longest question, in bytes: all of a client's headers, and no body.
    const MAX_LENGTH: usize = 256 * 1024;

    /// For questions of whoever is connected.
    #[must_use]
    pub fn new(gate: Arc<Gate>, peer: Peer) -> Self {
        Self {
            gate,
            peer,
            within: Self::WITHIN,
        }
    }

    /// The longest that a question may take, from its first byte to the answer: 20 seconds unless
    /// set. After that the answer is `DEADLINE_EXCEEDED`, which lets nobody in.
    #[must_use]
    pub fn within(mut self, longest: Duration) -> Self {
        self.within = longest;
        self
    }

    async fn check(self, request: CheckRequest) -> CheckResponse {
        let policy = self.gate.policy();
        let question = match policy.gateway {
            GatewayKind::Envoy => Question::of(request),
            _ => Question::refused(AskedRefusal::HeaderMissing),
        };
        let Question {
            asked,
            presented,
            is_grpc,
        } = question;
        let response = self.gate.judge(&policy, self.peer, asked, &presented).await;
        answer(&policy, &response, is_grpc)
    }
}

impl NamedService for ExtAuthz {
    const NAME: &'static str = "envoy.service.auth.v3.Authorization";
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<B> Service<http::Request<B>> for ExtAuthz
where
    B: Body + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>> + Send,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() != Self::CHECK {
            let unknown = Status::unimplemented("there is Check, and nothing else");
            return Box::pin(ready(Ok(unknown.into_http())));
        }
        let (check, within) = (Check(self.clone()), self.within);
        Box::pin(async move {
            let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
            let mut grpc = Grpc::new(codec).max_decoding_message_size(Self::MAX_LENGTH);
            let answered = tokio::time::timeout(within, grpc.unary(check, request)).await;
            Ok(answered.unwrap_or_else(|_| {
                Status::deadline_exceeded("the question took too long").into_http()
            }))
        })
    }
}

struct Check(ExtAuthz);

impl UnaryService<CheckRequest> for Check {
    type Response = CheckResponse;
    type Future = BoxFuture<Result<tonic::Response<CheckResponse>, Status>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let checked = self.0.clone().check(request.into_inner());
        Box::pin(async move { Ok(tonic::Response::new(checked.await)) })
    }
}
