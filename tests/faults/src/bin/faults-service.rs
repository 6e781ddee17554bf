//! The service of the suite as a process. It reads from its environment:
//!
//! * `ISSUER`, `PORT`, `WATCHED_AT`: the realm, and the ports for requests and for those who watch it
//! * `REDIS_URL`: where instances share what they know
//! * `LOGOUT_AUDIENCES`: the clients whose logouts it is told of, separated by commas
//! * `RECHECK_SECONDS`, `CACHE_SECONDS`: how often tokens in use are asked about, how long answers serve
//! * `LIFETIME_SECONDS`: how long tokens live at the most

use std::{env, error::Error, net::Ipv4Addr, process::ExitCode, time::Duration};

use axum::{Json, Router, routing::get};
use portcullis::{CanAsk, Issuer, Realm, StateKeys};
use portcullis_axum::backchannel_logout_route;
use portcullis_faults_suite::{routes, serve};
use portcullis_redis::RedisState;
use tokio::{net::TcpListener, runtime::Handle};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            portcullis_faults_suite::SUITE.say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let issuer = issuer()?;
    let mut router = routes(&issuer);
    if env::var("LOGOUT_AUDIENCES").is_ok() {
        let route = backchannel_logout_route(issuer.logout_receiver()?);
        router = router.route("/backchannel-logout", route);
    }
    let requests = listen("PORT").await?;
    let watchers = listen("WATCHED_AT").await?;
    let tasks = get(async || Json(Handle::current().metrics().num_alive_tasks()));
    let watched = Router::new().route("/tasks", tasks);
    tokio::join!(serve(requests, router), serve(watchers, watched));
    Ok(())
}

fn issuer() -> Result<Issuer<CanAsk>, Box<dyn Error>> {
    let mut realm = Realm::new(env::var("ISSUER")?)?
        .audience("orders-api")
        .client_secret("orders-api", "orders-secret");
    if let Ok(clients) = env::var("LOGOUT_AUDIENCES") {
        realm = realm.logout_audiences(clients.split(','));
    }
    if let Some(seconds) = number("RECHECK_SECONDS")? {
        realm = realm.recheck_every(Duration::from_secs(seconds));
    }
    if let Some(seconds) = number("CACHE_SECONDS")? {
        realm = realm.introspection_cache(Duration::from_secs(seconds));
    }
    if let Some(seconds) = number("LIFETIME_SECONDS")? {
        realm = realm.max_token_lifetime(Duration::from_secs(seconds));
    }
    if let Ok(url) = env::var("REDIS_URL") {
        let keys = StateKeys::from_hex(&"0f".repeat(32))?;
        let redis = RedisState::new(&url, &keys)?;
        realm = realm
            .shared_store(redis.clone(), &keys)
            .revocation_feed(redis);
    }
    Ok(realm.build()?)
}

fn number(variable: &str) -> Result<Option<u64>, Box<dyn Error>> {
    let text = env::var(variable).ok();
    Ok(text.map(|text| text.parse()).transpose()?)
}

async fn listen(variable: &str) -> Result<TcpListener, Box<dyn Error>> {
    let port: u16 = env::var(variable)?.parse()?;
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?)
}
