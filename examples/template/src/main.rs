//! {{project-name}}: an axum service for access tokens of {{issuer}}.

mod config;
mod routes;

use std::{error::Error, process::ExitCode, time::Duration};

use portcullis::Realm;
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

    // A realm of Keycloak's; for any other server `portcullis::Issuer::builder`. `build` never touches
    // the network, so this starts while the issuer is still down, and answers 503 until it is up.
    // `connect().await` instead of it finds a wrong ISSUER at once.
    let issuer = Realm::new(config.issuer)?
        .audience(config.audience)
{%- if verifier != "jwt" %}
        .client_secret(config.client_id, config.client_secret)
{%- endif %}
        .build()?;

    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);

    let verifier = issuer.{{verifier}}();
    let router = routes::router(verifier, move || issuer.readiness());
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopped());
    tokio::select! {
        served = serving => served?,
        // Whoever has not finished by then is cut off.
        () = async { stopped().await; tokio::time::sleep(DRAIN).await } => {}
    }
    Ok(())
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
