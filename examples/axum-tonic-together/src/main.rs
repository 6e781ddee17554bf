//! axum and tonic on one port, with one layer around both.

mod config;
mod grpc;
mod http;
mod user;

use std::{error::Error, process::ExitCode, time::Duration};

use axum::Router;
use portcullis::{AuthenticateLayer, LiveVerifier, Realm};
use portcullis_tonic::MethodsError;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// How long requests may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

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

    // `build` never touches the network, so this starts while Keycloak is still down.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .client_secret(&config.client_id, config.client_secret)
        .build()?;

    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);

    let router = router(realm.hybrid())?;
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(stopped()) => served?,
        // Whoever has not finished by then is cut off.
        () = async { stopped().await; tokio::time::sleep(DRAIN).await } => {}
    }
    Ok(())
}

/// Everything on one port. The layer stands around both, and answers each in its own way; the table of
/// methods stands around those of gRPC alone; what needs no token stands outside.
fn router(verifier: impl LiveVerifier) -> Result<Router, MethodsError> {
    Ok(Router::new()
        .merge(http::routes())
        .merge(grpc::routes()?)
        .layer(AuthenticateLayer::new(verifier).answer_grpc())
        .merge(grpc::health()))
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
