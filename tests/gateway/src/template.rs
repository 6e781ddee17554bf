//! The template `examples/gateway-nginx`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::Duration,
};

use portcullis_real_servers::{Supervised, free_port, template, workspace};
use tokio::sync::OnceCell;

use crate::{SUITE, SuiteError, until};

const NAME: &str = "gateway-nginx";
const READY_LIMIT: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(60);

/// What it says once nginx listens.
const READY: &str = "send requests to http://127.0.0.1:";
/// nginx is in a group of its own, which outlives the program where that is killed.
const CLEANUP: &str = r#"
for file in "$0"/*/nginx.pid; do
    if [ -s "$file" ]; then kill -KILL "-$(cat "$file")"; fi
done
"#;
/// The realm that its settings name.
const REALM: &str = "http://127.0.0.1:8080/realms/shop";

/// The program of the template with a copy of its folder, whose settings name another issuer and other
/// ports. Dropping it ends all that it has started.
#[derive(Debug)]
pub struct Template {
    port: u16,
    management_port: u16,
    folder: PathBuf,
    process: Supervised,
}

impl Template {
    /// Starts it with this issuer, in front of a service at this port or, without one, of its own stand-in,
    /// and waits until it says where to send requests.
    ///
    /// # Errors
    /// When it does not build, ends by itself, or is not up in half a minute; the error has the end of its
    /// log.
    pub async fn start(issuer: &str, service: Option<u16>) -> Result<Self, SuiteError> {
        let (port, gateway, management_port) = (free_port()?, free_port()?, free_port()?);
        let folder = SUITE.run_dir()?.join(format!("template-{port}"));
        let own = workspace().join("examples").join(NAME);
        let temporary = folder.join("temporary");
        fs::create_dir_all(&temporary).map_err(SuiteError::file("creating", &folder))?;
        let nginx = folder.join("nginx.conf");
        fs::copy(own.join("nginx.conf"), &nginx).map_err(SuiteError::file("writing", &nginx))?;
        let settings = own.join("gateway.toml");
        let text = fs::read_to_string(&settings).map_err(SuiteError::file("reading", &settings))?;
        let text = text
            .replace(REALM, issuer)
            .replace("127.0.0.1:9180", &format!("127.0.0.1:{gateway}"))
            .replace("127.0.0.1:9181", &format!("127.0.0.1:{management_port}"));
        let settings = folder.join("gateway.toml");
        fs::write(&settings, text).map_err(SuiteError::file("writing", &settings))?;

        let mut command = Command::new(binary().await?);
        command
            .arg(&folder)
            .env("CLIENT_SECRET", "orders-secret")
            .env("LISTEN", format!("127.0.0.1:{port}"))
            // Where it puts what nginx needs.
            .env("TMPDIR", &temporary)
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .env_remove("UPSTREAM");
        if let Some(service) = service {
            command.env("UPSTREAM", format!("127.0.0.1:{service}"));
        }
        let cleanup = ["sh".into(), "-c".into(), CLEANUP.into(), temporary.into()];
        let process = Supervised::spawn(NAME, command, &folder.join("log"), &cleanup)?;
        let mut template = Self {
            port,
            management_port,
            folder,
            process,
        };
        let ready = until("a template that is ready", READY_LIMIT, async || {
            Ok(template.said()?.contains(READY).then_some(()))
        });
        // Why it has ended is worth more than that it says nothing.
        ready
            .await
            .or_else(|error| template.process.check().and(Err(error)))?;
        Ok(template)
    }

    /// Where nginx listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Where those who run it look after it.
    #[must_use]
    pub const fn management_port(&self) -> u16 {
        self.management_port
    }

    /// What it and nginx have said.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn said(&self) -> Result<String, SuiteError> {
        let log = self.folder.join("log");
        fs::read_to_string(&log).map_err(SuiteError::file("reading", &log))
    }

    /// Its file with the settings and the rules.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.folder.join("gateway.toml")
    }

    /// The folder that it has put everything for nginx into; `None` where there is none.
    ///
    /// # Errors
    /// When nobody can tell.
    pub fn nginx_folder(&self) -> Result<Option<PathBuf>, SuiteError> {
        let within = self.folder.join("temporary");
        let mut entries = fs::read_dir(&within).map_err(SuiteError::file("reading", &within))?;
        Ok(entries.find_map(|entry| Some(entry.ok()?.path())))
    }

    /// Sends it, and nobody whom it has started, a signal.
    ///
    /// # Errors
    /// When it is not running.
    pub fn signal(&self, signal: &str) -> Result<(), SuiteError> {
        self.process.signal(signal, false)
    }

    /// Sends a signal to all of its group, as a terminal does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn signal_group(&self, signal: &str) -> Result<(), SuiteError> {
        self.process.signal(signal, true)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn ended(&mut self) -> Result<ExitStatus, SuiteError> {
        self.process.wait(END_LIMIT).await
    }
}

/// Its executable; built by the first who asks.
async fn binary() -> Result<&'static Path, SuiteError> {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    let building = || template(&SUITE, NAME);
    BINARY.get_or_try_init(building).await.map(PathBuf::as_path)
}
