use std::{pin::Pin, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use portcullis::RequireRole;
use portcullis_tonic::{RequestExt, require_active};
use tonic::{Request, Response, Status};

use self::proto::{
    CloseReply, CloseRequest, Event, ListReply, ListRequest, PayReply, PayRequest, RefundReply,
    RefundRequest, WatchRequest, orders_server::Orders,
};
use crate::{
    stop::Stop,
    user::{Payer, ShopUser},
};

mod proto {
    tonic::include_proto!("shop.v1");
}

pub(crate) use self::proto::orders_server::OrdersServer;

/// What reflection tells.
pub(crate) fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic::include_file_descriptor_set!("shop"))
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// How often something happens here.
const PACE: Duration = Duration::from_millis(500);

/// The methods. What each wants of a token stands in `guards`.
pub(crate) struct Shop {
    stop: Stop,
}

impl Shop {
    pub(crate) fn new(stop: Stop) -> Self {
        Self { stop }
    }
}

#[tonic::async_trait]
impl Orders for Shop {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

    /// Verified here, without waiting for Keycloak.
    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListReply>, Status> {
        let user = request.claims::<ShopUser>()?;
        Ok(Response::new(ListReply {
            owner: user.name().to_owned(),
            orders: vec!["a book".to_owned()],
        }))
    }

    /// Keycloak said "active", after this request arrived and before this line runs.
    async fn pay(&self, request: Request<PayRequest>) -> Result<Response<PayReply>, Status> {
        let payer = request.claims::<Payer>()?;
        Ok(Response::new(PayReply {
            paid_by: payer.sub.clone(),
        }))
    }

    /// An admin, says the token.
    async fn close(&self, request: Request<CloseRequest>) -> Result<Response<CloseReply>, Status> {
        let user = request.claims::<ShopUser>()?;
        Ok(Response::new(CloseReply {
            closed_by: user.name().to_owned(),
        }))
    }

    /// The same where only the method knows that it matters: Keycloak is asked here, and the role is
    /// judged on its answer.
    async fn refund(
        &self,
        request: Request<RefundRequest>,
    ) -> Result<Response<RefundReply>, Status> {
        require_active(&request).await?;
        request.require(RequireRole::realm("admin"))?;
        let user = request.claims::<ShopUser>()?;
        Ok(Response::new(RefundReply {
            refunded_by: user.name().to_owned(),
        }))
    }

    /// Goes on for as long as the token is good: nothing to be done about that here. When the service
    /// stops the client is told to come again.
    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let user = request.claims::<ShopUser>()?;
        let name = user.name().to_owned();
        let events = tokio_stream::StreamExt::throttle(stream::iter(1..), PACE);
        let events = events.map(move |number| {
            Ok(Event {
                text: format!("{name} was told {number} times"),
            })
        });
        let stopped = stream::once(async { Err(Status::unavailable("the service is stopping")) });
        let events = events.take_until(self.stop.clone().closed()).chain(stopped);
        Ok(Response::new(Box::pin(events)))
    }
}
