//! `cargo keycloak [PORT [FILE]]`: a Keycloak with the realm `shop` on this machine, to try things with, or with
//! the realm of a file under that name. It stays until Ctrl-C, and everything that it has learned goes with it.

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use portcullis_keycloak_suite::{Distribution, Realm, SUITE, Server, SuiteError, VERSION};
use serde_json::{Map, Value};
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
    let mut arguments = env::args().skip(1);
    let port = port(arguments.next().as_deref())?;
    let document = arguments.next().map(|file| document(Path::new(&file)));
    let document = document.transpose()?;
    let distribution = Distribution::find().await?;
    let mut server = Server::start_on(&distribution, port).await?;
    match document {
        Some(document) => server.admin()?.import_realm("shop", document).await?,
        None => server.admin()?.import_shop("shop").await?,
    };
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

fn document(file: &Path) -> Result<Map<String, Value>, SuiteError> {
    let text = fs::read_to_string(file).map_err(SuiteError::file("reading", file))?;
    serde_json::from_str(&text).map_err(|error| {
        SuiteError::Misconfigured(format!("{} is no realm: {error}", file.display()))
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
