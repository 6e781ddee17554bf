//! axum and tonic on one port, with one layer around both.

mod config;
mod grpc;
mod health;
mod http;
mod limits;
mod serve;
mod stop;
mod user;

use std::{error::Error, net::SocketAddr, process::ExitCode};

use axum::{Router, extract::Request, middleware::from_fn, routing::get};
use portcullis::{AuthenticateLayer, LiveVerifier, Readiness, Realm};
use portcullis_axum::readiness_route;
use portcullis_tonic::MethodsError;
use tokio::net::TcpListener;
use tower_http::{limit::RequestBodyLimitLayer, trace::TraceLayer};
use tracing_subscriber::EnvFilter;

use crate::{config::Config, serve::serve, stop::Stop};

/// The longest body of a request, in bytes.
const BODY: usize = 64 * 1024;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;

    // `build` never touches the network, so this starts while Keycloak is still down.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .client_secret(&config.client_id, config.client_secret)
        .build()?;

    let listener = listen("LISTEN", config.listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);

    let (reporter, health) = health::service().await;
    // Strangers may ask for it. A watch lasts, and is for nobody here.
    let health = Router::new()
        .route_service("/grpc.health.v1.Health/Check", health)
        .layer(from_fn(|request, next| {
            limits::in_time(true, request, next)
        }))
        .layer(RequestBodyLimitLayer::new(BODY));
    let verifier = realm.hybrid();
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let router = router(verifier, readiness.clone(), health)?;
    tokio::select! {
        () = serve(listener, router, stop.clone().closed()) => {}
        () = health::report(reporter, stop, readiness) => {}
    }
    Ok(())
}

/// Everything on one port. The layer stands around both, and answers each in its own way; the table of
/// methods stands around those of gRPC alone; what needs no token stands outside.
fn router(
    verifier: impl LiveVerifier,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
    health: Router,
) -> Result<Router, MethodsError> {
    // Outside in: trace, limits and timeout, authentication, guards. Where pages of other origins call,
    // a `CorsLayer` stands behind the trace.
    let traced = Router::new()
        .merge(http::routes())
        .merge(grpc::routes()?)
        .layer(AuthenticateLayer::new(verifier).answer_grpc())
        // Where there is nothing there is nothing to guard: 404.
        .reset_fallback()
        .layer(from_fn(|request: Request, next| {
            limits::in_time(grpc::serves(&request), request, next)
        }))
        .layer(RequestBodyLimitLayer::new(BODY))
        // Portcullis logs each 500 and 503 of its own with the reason; a second line would have
        // none.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(health)
        .merge(traced))
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}
