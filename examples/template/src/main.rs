//! {{project-name}}: an axum service behind access tokens.

mod config;
mod routes;
mod serve;
mod stop;

use std::{error::Error, process::ExitCode};

use portcullis::Realm;
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
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);

    let verifier = issuer.{{verifier}}();
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(issuer.readiness());
    serve(listener, routes::router(verifier, readiness), stop.closed()).await;
    Ok(())
}
