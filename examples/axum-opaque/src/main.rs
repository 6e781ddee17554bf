//! An axum API for opaque tokens of any RFC 7662 server, which is asked about every token.

mod config;
mod issuer;
mod metrics;
mod routes;
mod user;

use std::{error::Error, net::SocketAddr, process::ExitCode, time::Duration};

use portcullis_axum::management_router;
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
    let numbers = metrics::install()?;
    let issuer = issuer::issuer(&config)?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    let verifier = issuer.introspection();
    let readiness = move || issuer.readiness();
    let management = management_router(readiness.clone(), move || numbers.render());
    let router = routes::router(verifier, readiness)?;
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopped());
    tokio::select! {
        served = serving => served?,
        // It answers until everybody else was answered.
        served = axum::serve(management_listener, management) => served?,
        // Whoever has not finished by then is cut off.
        () = async { stopped().await; tokio::time::sleep(DRAIN).await } => {}
    }
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
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
