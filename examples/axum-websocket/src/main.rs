//! WebSockets behind Keycloak: judged when they are opened, closed when their token is over.

mod chat;
mod config;
mod metrics;
mod origin;
mod routes;
mod serve;
mod sockets;
mod stop;

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode};

use portcullis::Realm;
use portcullis_axum::management_router;
use tokio::{net::TcpListener, time::timeout};
use tracing_subscriber::EnvFilter;

use crate::{
    config::Config,
    serve::{DRAIN, serve},
    sockets::Sockets,
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
    let numbers = metrics::install()?;

    // `build` never touches the network, so this starts while Keycloak is still down, and
    // answers 503 until it is up. `connect().await` instead of it finds a wrong ISSUER at once.
    let realm = Realm::new(config.issuer)?
        .audience(config.audience)
        .client_secret(&config.client_id, config.client_secret)
        .logout_audiences(&config.logout_audiences)
        .build()?;

    let listener = listen("LISTEN", config.listen).await?;
    let management_listener = listen("MANAGEMENT_LISTEN", config.management_listen).await?;
    let stop = Stop::on_signal(config.linger)?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    let sockets = Sockets::new(config.recheck_every, config.sockets);
    let readiness = {
        let (realm, stop) = (realm.clone(), stop.clone());
        move || stop.readiness(realm.readiness())
    };
    let router = routes::router(
        &realm,
        !config.logout_audiences.is_empty(),
        config.origins,
        sockets.clone(),
        readiness.clone(),
    )?;
    let management = management_router(readiness, move || numbers.render());
    let serving = async {
        let closing = async {
            stop.clone().closed().await;
            sockets.close();
        };
        tokio::join!(serve(listener, router, stop.clone().closed()), closing);
        // Whoever has not left by then is cut off.
        let _ = timeout(DRAIN, sockets.closed()).await;
    };
    tokio::select! {
        () = serving => {}
        // It answers until everybody else was answered.
        () = serve(management_listener, management, pending()) => {}
    }
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}
