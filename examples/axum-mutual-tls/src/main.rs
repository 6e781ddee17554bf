//! An axum API that ends TLS itself, for tokens that are bound to the client's certificate.

mod config;
mod routes;
mod serve;
mod stop;
#[cfg(test)]
mod tests;
mod tls;

use std::{error::Error, process::ExitCode};

use portcullis::Realm;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    config::Config,
    serve::{Limits, serve},
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
    let tls = tls::server_config(&config.certificate, &config.key, &config.client_authority)
        .map_err(|error| format!("TLS_CERTIFICATE, TLS_KEY or CLIENT_AUTHORITY: {error}"))?;

    // `build` never touches the network, so this starts while Keycloak is still down, and
    // answers 503 until it is up. `connect().await` instead of it finds a wrong ISSUER at once.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .build()?;

    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on https://{}", listener.local_addr()?);

    let verifier = realm.jwt();
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let router = routes::router(verifier, readiness);
    serve(listener, tls, router, stop, Limits::default()).await;
    Ok(())
}
