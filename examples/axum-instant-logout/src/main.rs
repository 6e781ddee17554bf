//! An axum API behind Keycloak that refuses a session the moment it ends, without a call per request.

mod config;
mod metrics;
mod realm;
mod routes;
mod serve;
mod stop;
mod user;

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode};

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
    let realm = realm::realm(&config)?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    let readiness = {
        let (realm, stop) = (realm.clone(), stop.clone());
        move || stop.readiness(realm.readiness())
    };
    let router = routes::router(&realm, &config.client_id, readiness.clone())?;
    let management = management_router(readiness, move || numbers.render());
    tokio::select! {
        () = serve(listener, router, stop.closed()) => {}
        // It answers until everybody else was answered.
        () = serve(management_listener, management, pending()) => {}
    }
    if let Some(shared) = &config.shared {
        // The others would take a silence without it for a crash, and ask about everything.
        shared.redis.close().await;
    }
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}
