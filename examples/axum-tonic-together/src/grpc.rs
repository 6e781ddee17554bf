use axum::{
    Router,
    extract::{MatchedPath, Request as HttpRequest},
};
use portcullis_tonic::{MethodGuard, Methods, MethodsError, RequestExt};
use tonic::{Request, Response, Status, server::NamedService, service::Routes};

use self::proto::{
    ListReply, ListRequest, PayReply, PayRequest,
    orders_server::{Orders, OrdersServer},
};
use crate::user::{Payer, ShopUser};

mod proto {
    tonic::include_proto!("shop.v1");
}

/// The methods of gRPC, each behind what it wants. One that is not listed is refused.
pub(crate) fn routes() -> Result<Router, MethodsError> {
    let methods = Methods::new()
        .guard("shop.v1.Orders/List", MethodGuard::token())
        .guard("shop.v1.Orders/Pay", MethodGuard::active())
        .build()?;
    let routes = Routes::new(OrdersServer::new(Shop));
    // Without the fallback of tonic: there is one for the whole server.
    Ok(routes.into_axum_router().reset_fallback().layer(methods))
}

/// Whether the router has found a method for the request.
pub(crate) fn serves(request: &HttpRequest) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.and_then(|path| path.as_str().strip_prefix('/'));
    path.is_some_and(|path| path.starts_with(OrdersServer::<Shop>::NAME))
}

struct Shop;

#[tonic::async_trait]
impl Orders for Shop {
    /// Verified here: no call to Keycloak.
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
}
