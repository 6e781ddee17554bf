//! An axum API for many tenants, each with an issuer of its own: no token of one is good at another.

mod config;
mod directory;
mod metrics;
mod routes;
mod serve;
mod stop;
mod tenancy;
mod verifier;

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode, sync::Arc};

use portcullis::Readiness;
use portcullis_axum::management_router;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{config::Config, serve::serve, stop::Stop, verifier::Terms};

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

    let directory = Arc::new(config.directory);
    let terms = Terms {
        audience: config.audience,
        client_id: config.client_id,
    };
    let verifier = verifier::verifier(directory.clone(), terms)?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    // A tenant whose server is away is no reason to take the service from all others; it shows in the
    // numbers, by issuer.
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(Readiness::Ready);
    let management = management_router(readiness.clone(), move || numbers.render());
    let router = routes::router(verifier, directory, config.tenant_domain, readiness);
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
