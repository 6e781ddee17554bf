//! WebSockets behind Keycloak: judged when they are opened, closed when their token is over.

mod chat;
mod config;
mod metrics;
mod origin;
mod routes;

use std::{error::Error, net::SocketAddr, process::ExitCode, time::Duration};

use portcullis::Realm;
use portcullis_axum::management_router;
use tokio::{net::TcpListener, sync::watch};
use tracing_subscriber::EnvFilter;

use crate::{config::Config, routes::Sockets};

/// How long requests and sockets may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

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
    println!("listening on http://{}", listener.local_addr()?);
    println!("management on http://{}", management_listener.local_addr()?);

    // Open sockets hold the other end: whoever stops tells them, and waits until they are closed.
    let (stopping, stopped_yet) = watch::channel(());
    let sockets = Sockets {
        recheck_every: config.recheck_every,
        stopping: stopped_yet,
    };
    let router = routes::router(
        &realm,
        !config.logout_audiences.is_empty(),
        config.origins,
        sockets,
    )?;
    let management = management_router(move || realm.readiness(), move || numbers.render());
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopped());
    let closing = async {
        stopped().await;
        stopping.send_replace(());
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = async { serving.await?; stopping.closed().await; Ok::<_, std::io::Error>(()) } => served?,
        // It answers until everybody else was answered.
        served = axum::serve(management_listener, management) => served?,
        // Whoever has not finished by then is cut off.
        () = closing => {}
    }
    Ok(())
}

async fn listen(variable: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("{variable}={address}: {error}"))
}

/// Waits for Ctrl-C or, where there is such a thing, SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    // Without a signal handler the process is ended from outside.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
