//! An axum API whose OpenAPI document tells what its guards demand, from the guards themselves.

mod access;
mod document;
mod routes;

use std::{env, error::Error, process::ExitCode};

use portcullis::Realm;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

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
    let issuer = variable("ISSUER")?;
    let realm = Realm::new(&issuer)?
        .audience(variable("AUDIENCE")?)
        .client_secret(variable("CLIENT_ID")?, variable("CLIENT_SECRET")?)
        .build()?;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={listen}: {error}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes::router(realm.hybrid(), &issuer)?).await?;
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("the environment variable {name} is missing"))
}
