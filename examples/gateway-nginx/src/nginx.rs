//! The nginx of this machine, with what is printed for it.

use std::{
    error::Error,
    fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::config::Config;

/// How long it may take to listen.
const START: Duration = Duration::from_secs(10);
/// How long requests may go on after it was told to end.
const DRAIN: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(20);
/// What of the environment is for the gateway alone.
const SECRET: &str = "CLIENT_SECRET";

/// An nginx that runs. It is no child that can be forgotten: [`end`](Self::end) ends it.
#[derive(Debug)]
pub(crate) struct Nginx {
    process: Child,
    folder: TempDir,
}

impl Nginx {
    /// Puts `nginx.conf` and all that it includes into a folder of its own, and starts it there.
    ///
    /// # Errors
    /// When there is no nginx, a file cannot be read or written, or it does not listen; why is on standard
    /// error then.
    pub(crate) async fn start(
        config: &Config,
        upstream: SocketAddr,
        printed: [(&str, String); 3],
    ) -> Result<Self, Box<dyn Error>> {
        // nginx itself would try for a while, and meanwhile somebody else answers there.
        TcpListener::bind(config.listen)
            .map_err(|error| format!("LISTEN={}: {error}", config.listen))?;
        let folder = folder()?;
        let file = config.folder.join("nginx.conf");
        fs::copy(&file, folder.path().join("nginx.conf"))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        write(
            folder.path(),
            "listen.conf",
            &format!("listen {};\n", config.listen),
        )?;
        write(
            folder.path(),
            "service.conf",
            &format!("server {upstream};\n"),
        )?;
        let parts = folder.path().join("portcullis");
        fs::create_dir(&parts)?;
        for (name, text) in printed {
            write(&parts, name, &text)?;
        }
        let process = command(folder.path()).spawn().map_err(unavailable)?;
        let mut nginx = Self { process, folder };
        match timeout(START, nginx.listens()).await {
            Ok(Ok(())) => Ok(nginx),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                nginx.end().await?;
                Err(format!("nginx did not listen within {START:?}").into())
            }
        }
    }

    /// Waits until it listens: its process id is written thereafter.
    async fn listens(&mut self) -> Result<(), Box<dyn Error>> {
        let file = self.folder.path().join("nginx.pid");
        while fs::read_to_string(&file).unwrap_or_default().is_empty() {
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("nginx did not start: {status}").into());
            }
            sleep(TICK).await;
        }
        Ok(())
    }

    /// Waits until it has ended; how.
    pub(crate) async fn ended(&mut self) -> String {
        let status = self.process.wait().await;
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Ends it, once everybody was answered.
    ///
    /// # Errors
    /// When the operating system does not tell whether it has ended.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        for signal in ["quit", "stop"] {
            if self.process.try_wait()?.is_some() {
                break;
            }
            // By nginx itself: if it were killed, its workers would serve on.
            command(self.folder.path())
                .args(["-s", signal])
                .status()
                .await?;
            let _ = timeout(DRAIN, self.process.wait()).await;
        }
        Ok(())
    }
}

/// nginx with the configuration in this folder. It has an error log before it has read which.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("nginx");
    // Ctrl-C reaches everybody in the group of the terminal, and would have nginx drop whom it serves: this
    // program alone tells it to end.
    command.process_group(0);
    // It asks nobody for anything in the client's name.
    command.env_remove(SECRET);
    command.args(["-e", "stderr", "-p"]).arg(folder);
    command.arg("-c").arg(folder.join("nginx.conf"));
    command
}

/// Nothing in it is secret, and where nginx is started by root its workers are somebody else.
fn folder() -> io::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;

    let mut builder = tempfile::Builder::new();
    builder
        .prefix("gateway-nginx-")
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let file = folder.join(name);
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn unavailable(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no nginx on the path: install 1.22 or newer, with auth_request \
             (Debian, Ubuntu: apt-get install nginx; Fedora: dnf install nginx; macOS: brew install nginx)"
            .to_owned(),
        _ => format!("nginx: {error}"),
    }
}
