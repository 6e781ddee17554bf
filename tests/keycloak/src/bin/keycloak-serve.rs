//! `cargo keycloak [PORT]`: a Keycloak with the realm `shop` on this machine, to try things with. It
//! stays until Ctrl-C, and everything that it has learned goes with it.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use portcullis_keycloak_suite::{Distribution, Realm, SUITE, Server, SuiteError, VERSION};
use tokio::signal::unix::{SignalKind, signal};

/// Where `examples/docker-compose.yml` has it, too.
const PORT: u16 = 8080;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            SUITE.say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), SuiteError> {
    let port = port(env::args().nth(1).as_deref())?;
    let distribution = Distribution::find().await?;
    let mut server = Server::start_on(&distribution, port).await?;
    server.admin()?.import_shop("shop").await?;
    tell(&server)?;
    stopped().await?;
    server.stop().await
}

fn port(argument: Option<&str>) -> Result<u16, SuiteError> {
    argument.map_or(Ok(PORT), |text| {
        text.parse().map_err(|_| {
            SuiteError::Misconfigured(format!(
                "`{text}` is no port: `cargo keycloak` alone means {PORT}, `cargo keycloak 8081` another"
            ))
        })
    })
}

fn tell(server: &Server) -> Result<(), SuiteError> {
    let realm = Realm::new(server, "shop")?;
    // Nobody left to tell: nothing to be done about it.
    let _ = writeln!(
        io::stdout(),
        "Keycloak {VERSION} is ready: {}\n\
         Users are alice and bob, each with the name as the password; Ctrl-C ends it.",
        realm.issuer()
    );
    Ok(())
}

async fn stopped() -> Result<(), SuiteError> {
    let failed = |source| SuiteError::File {
        doing: "waiting for a signal".to_owned(),
        source,
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done.map_err(failed),
        _ = terminate.recv() => Ok(()),
    }
}
