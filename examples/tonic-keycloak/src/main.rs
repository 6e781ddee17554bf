//! A tonic service behind Keycloak: methods verified here, methods asked live, streams that end with
//! their token.

mod config;
mod guards;
mod orders;
mod user;

use std::{error::Error, process::ExitCode, time::Duration};

use portcullis::{AuthenticateLayer, Readiness, Realm};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing_subscriber::EnvFilter;

use crate::{
    config::Config,
    orders::{OrdersServer, Shop},
};

/// How long calls may go on after the signal to stop. Streams would go on for ever.
const DRAIN: Duration = Duration::from_secs(20);

/// How often health is told anew.
const HEALTH: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;

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

    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);

    let guarded = guards::methods()?.behind(AuthenticateLayer::grpc(realm.hybrid()));
    let (reporter, health) = tonic_health::server::health_reporter();
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(orders::INTERFACE)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let serving = Server::builder()
        .timeout(Duration::from_secs(10))
        .layer(guarded)
        .add_service(OrdersServer::new(Shop::new()))
        .add_service(health)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stopped());
    tokio::select! {
        served = serving => served?,
        () = report(reporter, move || realm.readiness()) => {}
        // Whoever has not finished by then is cut off.
        () = async { stopped().await; tokio::time::sleep(DRAIN).await } => {}
    }
    Ok(())
}

/// Tells load balancers whether tokens can be judged.
async fn report(reporter: HealthReporter, readiness: impl Fn() -> Readiness) {
    let mut due = tokio::time::interval(HEALTH);
    loop {
        due.tick().await;
        let status = match readiness() {
            Readiness::Ready | Readiness::Degraded(_) => ServingStatus::Serving,
            Readiness::NotReady(_) => ServingStatus::NotServing,
        };
        // Under the name of nothing: the whole server.
        reporter.set_service_status("", status).await;
    }
}

/// Waits for Ctrl-C or, where there is such a thing, SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    // Without a signal handler the process is ended from outside.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
