//! An axum API whose OpenAPI document tells what its guards demand, from the guards themselves.

mod access;
mod document;
mod routes;
mod serve;
mod stop;

use std::{env, error::Error, process::ExitCode, time::Duration};

use portcullis::Realm;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{serve::serve, stop::Stop};

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
    let issuer = variable("ISSUER")?;
    let realm = Realm::new(&issuer)?
        .audience(variable("AUDIENCE")?)
        .client_secret(variable("CLIENT_ID")?, variable("CLIENT_SECRET")?)
        .build()?;

    let verifier = realm.hybrid();
    let stop = Stop::on_signal(seconds("LINGER_SECONDS", 5)?)?;
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let router = routes::router(verifier, &issuer, readiness)?;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={listen}: {error}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router, stop.closed()).await;
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("the environment variable {name} is missing"))
}

/// A number of seconds.
fn seconds(name: &str, otherwise: u64) -> Result<Duration, String> {
    let seconds = match env::var(name) {
        Ok(value) if !value.is_empty() => value.parse(),
        _ => Ok(otherwise),
    };
    let seconds =
        seconds.map_err(|_| format!("{name}: a number of seconds, such as {otherwise}"))?;
    Ok(Duration::from_secs(seconds))
}
