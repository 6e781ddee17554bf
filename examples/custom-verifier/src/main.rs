//! API keys beside JWTs: a verifier of your own, judged like every other.

mod api_key;
mod key_store;
mod routes;
mod serve;
mod stop;
mod verifier;

use std::{env, error::Error, path::PathBuf, process::ExitCode, time::Duration};

use portcullis::{Realm, TokenVerifier};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    api_key::ApiKey, key_store::KeyStore, serve::serve, stop::Stop, verifier::WithApiKeys,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => run().await,
        ["issue", name, scope, days] => issue(name, scope, days),
        _ => Err("usage: custom-verifier [issue <name> <scope> <days>]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let audience = variable("AUDIENCE")?;
    let keys = keys_file()?;
    // A file that cannot be read shows at once.
    key_store::read(&keys).await?;
    let realm = Realm::new(variable("ISSUER")?)?
        .audience(&audience)
        .client_secret(variable("CLIENT_ID")?, variable("CLIENT_SECRET")?)
        .build()?;
    let tokens = realm.hybrid();
    let store = KeyStore::at(keys, tokens.clock());
    let verifier = WithApiKeys::new(tokens, store, &audience);

    let stop = Stop::on_signal(seconds("LINGER_SECONDS", 5)?)?;
    let stopping = stop.clone();
    let readiness = move || stopping.readiness(realm.readiness());
    let router = routes::router(verifier, readiness)?;

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&listen).await;
    let listener = listener.map_err(|error| format!("LISTEN={listen}: {error}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router, stop.closed()).await;
    Ok(())
}

/// Makes a key, keeps what the service needs of it, and prints it: nobody can print it again.
fn issue(name: &str, scope: &str, days: &str) -> Result<(), Box<dyn Error>> {
    let days: u32 = days.parse().map_err(|_| "days: a number, such as 90")?;
    let (text, key) = ApiKey::issue(name, scope, DAY * days)?;
    key_store::add(&keys_file()?, key)?;
    println!("{text}");
    Ok(())
}

fn keys_file() -> Result<PathBuf, String> {
    variable("API_KEYS").map(PathBuf::from)
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
