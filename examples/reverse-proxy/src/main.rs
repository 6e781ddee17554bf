//! A small gateway: tokens are judged here, and services behind it are told whose request it is.

mod config;
mod gateway;
mod hop;
mod identity;
mod metrics;
mod serve;
mod stop;
mod untrusted;
mod upstream;

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode};

use portcullis::Realm;
use portcullis_axum::management_router;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{config::Config, serve::serve, stop::Stop};

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
    // answers 503 until it is up. `connect().await` instead of it finds a wrong ISSUER at once.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .client_secret(&config.client_id, config.client_secret)
        .build()?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    let verifier = realm.hybrid();
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let management = management_router(readiness, move || numbers.render());
    let router = gateway::router(verifier, config.upstream, config.upstream_patience);
    tokio::select! {
        () = serve(listener, router, stop.closed()) => {}
        // It answers until everybody else was answered.
        () = serve(management_listener, management, pending()) => {}
    }
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}
