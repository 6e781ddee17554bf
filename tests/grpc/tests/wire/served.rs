//! A server on a loopback port, with everything that the tests call.

use std::net::SocketAddr;

use portcullis::{
    AuthenticateLayer, CanAsk, EmptyBody, Issuer, RequireAcr, RequireRole, RequireScope,
    TokenVerifier,
};
use portcullis_conformance::{Instance, World};
use portcullis_tonic::{MethodGuard, Methods, MethodsLayer};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    client::GrpcService,
    codegen::{Body, Bytes, StdError},
    metadata::MetadataValue,
    service::Routes,
    transport::{Channel, Server},
};

use crate::shop::{
    Shop,
    proto::{INTERFACE, Text, orders_client::OrdersClient, orders_server::OrdersServer},
};

pub(crate) type Client = OrdersClient<Channel>;

/// What each method wants.
pub(crate) fn methods() -> Methods {
    let clerk = || MethodGuard::token().requires(RequireRole::realm("clerk"));
    let export = RequireScope::all(["export"]).unwrap();
    Methods::new()
        .guard("shop.v1.Orders/List", MethodGuard::token())
        .guard("shop.v1.Orders/Close", clerk())
        .guard(
            "shop.v1.Orders/Export",
            MethodGuard::token().requires(export),
        )
        .guard("/shop.v1.Orders/Pay", MethodGuard::active())
        .guard("shop.v1.Orders/Refund", MethodGuard::token())
        .guard(
            "shop.v1.Orders/Watch",
            MethodGuard::token().ends_with_token(),
        )
        .guard(
            "shop.v1.Orders/Import",
            MethodGuard::token().ends_with_token(),
        )
        .guard("shop.v1.Orders/Chat", clerk().ends_with_token())
        .guard("shop.v1.Orders/Follow", MethodGuard::token())
        .exempt_health()
        .exempt_reflection()
}

pub(crate) fn table() -> MethodsLayer {
    methods().build().unwrap()
}

/// The services of the server, the shop's own behind whatever is given.
pub(crate) async fn routes(shop: &Shop) -> Routes {
    let (health, service) = tonic_health::server::health_reporter();
    health.set_serving::<OrdersServer<Shop>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(INTERFACE)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut routes = Routes::builder();
    routes
        .add_service(OrdersServer::new(shop.clone()))
        .add_service(service)
        .add_service(reflection().build_v1().unwrap())
        .add_service(reflection().build_v1alpha().unwrap());
    routes.routes()
}

/// A server that runs, for as long as this lives.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) shop: Shop,
    _stop: oneshot::Sender<()>,
}

impl Served {
    /// With the table behind a layer of this verifier, in front of everything.
    pub(crate) async fn start(verifier: impl TokenVerifier) -> Self {
        Self::behind(table(), AuthenticateLayer::grpc(verifier)).await
    }

    /// With this table behind this layer, in front of everything.
    pub(crate) async fn behind(table: MethodsLayer, layer: AuthenticateLayer<EmptyBody>) -> Self {
        let layer = table.behind(layer);
        Self::serving(async |shop, incoming, stopped| {
            let routes = routes(&shop).await;
            let server = Server::builder().accept_http1(true).layer(layer);
            tokio::spawn(
                server
                    .clone()
                    .add_routes(routes)
                    .serve_with_incoming_shutdown(incoming, stopped),
            );
        })
        .await
    }

    /// With a server of the test's own making.
    pub(crate) async fn serving(serve: impl AsyncFnOnce(Shop, TcpListenerStream, Stopped)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, is_stopped) = oneshot::channel();
        let shop = Shop::new();
        let incoming = TcpListenerStream::new(listener);
        serve(shop.clone(), incoming, stopped(is_stopped)).await;
        Self {
            address,
            shop,
            _stop: stop,
        }
    }

    pub(crate) async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Channel::from_shared(address)
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        OrdersClient::new(self.channel().await)
    }
}

/// A server whose unlisted methods want a better login.
pub(crate) async fn wanting_gold(world: &World) -> Served {
    let issuer = world.realm().connect().await.unwrap();
    let gold = RequireAcr::one_of(["gold"]).unwrap();
    let table = methods().others(MethodGuard::token().requires(gold));
    let layer = AuthenticateLayer::grpc(issuer.jwt());
    Served::behind(table.build().unwrap(), layer).await
}

pub(crate) type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn stopped(is_stopped: oneshot::Receiver<()>) -> Stopped {
    Box::pin(async move {
        // The sender is dropped.
        let _ = is_stopped.await;
    })
}

/// A server, the authorization server behind it, and the instance that both belong to.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) instance: Instance,
    pub(crate) served: Served,
}

impl Scene {
    /// JWTs are verified here, Keycloak tells of what ends.
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer.hybrid()).await
    }

    pub(crate) async fn with<V: TokenVerifier>(
        verifier: impl FnOnce(&Issuer<CanAsk>) -> V,
    ) -> Self {
        let world = World::start().await;
        let instance = Instance::start(&world).await;
        let served = Served::start(verifier(&instance.issuer)).await;
        Self {
            world,
            instance,
            served,
        }
    }

    /// A good token of somebody with a role and a scope.
    pub(crate) fn clerk(&self) -> String {
        let token = self.world.server.login("ali").token();
        token.realm_roles(["clerk"]).scope("export").jwt()
    }

    pub(crate) fn token(&self) -> String {
        self.world.server.login("ali").token().jwt()
    }
}

/// A request with a token.
pub(crate) fn bearing<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

pub(crate) fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
    }
}

/// What a method says.
pub(crate) fn said(answer: Result<Response<Text>, Status>) -> Result<String, Status> {
    answer.map(|answer| answer.into_inner().text)
}

/// Calls a method with one message each way by its name.
pub(crate) async fn call<S>(
    client: &mut OrdersClient<S>,
    method: &str,
    token: Option<&str>,
) -> Result<String, Status>
where
    S: GrpcService<tonic::body::Body>,
    S::Error: Into<StdError>,
    S::ResponseBody: Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as Body>::Error: Into<StdError> + Send,
{
    let request = match token {
        Some(token) => bearing(token, text("")),
        None => Request::new(text("")),
    };
    said(match method {
        "List" => client.list(request).await,
        "Close" => client.close(request).await,
        "Export" => client.export(request).await,
        "Pay" => client.pay(request).await,
        "Refund" => client.refund(request).await,
        "Forgotten" => client.forgotten(request).await,
        other => panic!("{other} is no method with one message each way"),
    })
}
