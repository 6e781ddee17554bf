//! A tonic service behind Keycloak: methods verified here, methods asked live, streams that end with
//! their token.

mod config;
mod guards;
mod health;
mod limits;
mod metrics;
mod orders;
mod serve;
mod stop;
mod user;

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode, time::Duration};

use axum::{Router, middleware::from_fn};
use portcullis::{AuthenticateLayer, LiveVerifier, Realm};
use portcullis_axum::management_router;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tower_http::trace::TraceLayer;
use tracing_subscriber::EnvFilter;

use crate::{
    config::Config,
    orders::{OrdersServer, Shop},
    serve::serve,
    stop::Stop,
};

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
    let numbers = metrics::install()?;

    // `build` never touches the network, so this starts while Keycloak is still down, and
    // answers 14 UNAVAILABLE until it is up. `connect().await` instead of it finds a wrong ISSUER
    // at once. Tokens in use are asked about once a minute in the background, so that streams
    // end within that; where Keycloak can reach this service it can tell, at once: see
    // `axum-instant-logout`.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .client_secret(&config.client_id, config.client_secret)
        .recheck_every(Duration::from_secs(60))
        .build()?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    let (reporter, health) = health::service().await;
    let mut services = Routes::builder();
    services
        .add_service(OrdersServer::new(Shop::new(stop.clone())))
        .add_service(health);
    if config.reflection {
        services
            .add_service(orders::reflection().build_v1()?)
            .add_service(orders::reflection().build_v1alpha()?);
    }
    let router = router(services.routes(), realm.hybrid(), config.reflection)?;
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let management = management_router(readiness.clone(), move || numbers.render());
    tokio::select! {
        () = serve(listener, router, stop.clone().closed()) => {}
        // They go on until everybody else was answered.
        () = serve(management_listener, management, pending()) => {}
        () = health::report(reporter, stop, readiness) => {}
    }
    Ok(())
}

/// Outside in: trace, the time limit, authentication and the table of methods, the services.
fn router(
    services: Routes,
    verifier: impl LiveVerifier,
    reflection: bool,
) -> Result<Router, Box<dyn Error>> {
    let guarded = guards::methods(reflection)?.behind(AuthenticateLayer::grpc(verifier));
    Ok(services
        .into_axum_router()
        .layer(guarded)
        .layer(from_fn(limits::in_time))
        // Portcullis logs each 13 and 14 of its own with the reason; a second line would have none.
        .layer(TraceLayer::new_for_grpc().on_failure(())))
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}
