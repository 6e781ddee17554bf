//! The two ways of running a server, as commands.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{ADMIN, PASSWORD, certificates::CertificateFiles, home};
use crate::SuiteError;

/// Options that go into the build of a home. A client may show a certificate and need not; a realm
/// that says so transmits security events (Shared Signals, experimental).
pub(super) const BUILD_OPTIONS: [&str; 2] = ["--https-client-auth=request", "--features=ssf"];

/// Security events go to addresses of this machine as well, and within a quarter of a second: by
/// default whoever is pushed to waits up to half a minute. Passwords are hashed cheaply: to make that
/// hard for who has stolen them is most of what a login costs.
const OPTIONS: [&str; 4] = [
    "--spi-password-hashing--argon2--iterations=1",
    "--spi-password-hashing--argon2--memory=64",
    "--spi-ssf-transmitter--default--allow-insecure-push-targets=true",
    "--spi-ssf-transmitter--default--outbox-drainer-interval=250ms",
];

/// Where a container finds what is copied into it.
const CONTAINER_CERTIFICATES: &str = "/opt/keycloak/conf/certificates";

/// The ports that a server listens on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) http: u16,
    pub(super) https: u16,
}

impl Ports {
    fn options(self) -> [String; 2] {
        [
            format!("--http-port={}", self.http),
            format!("--https-port={}", self.https),
        ]
    }
}

/// How a server is started, and what is to be cleaned up when it was killed.
#[derive(Debug)]
pub(super) enum Launch {
    /// `bin/kc.sh` of a home of our own.
    Home(PathBuf),
    /// A container of this name.
    Container(String),
}

impl Launch {
    /// Creates the container `name`, not yet started.
    pub(super) fn create_container(
        name: String,
        image: &str,
        ports: Ports,
        certificates: &Path,
    ) -> Result<Self, SuiteError> {
        let mut command = Command::new("docker");
        command.args(["create", "--name", &name]);
        for port in [ports.http, ports.https] {
            command.args(["--publish", &format!("127.0.0.1:{port}:{port}")]);
        }
        for variable in bootstrap() {
            command
                .arg("--env")
                .arg(format!("{}={}", variable.0, variable.1));
        }
        command
            .args([image, "start-dev"])
            .args(ports.options())
            .args(CertificateFiles::mounted_at(CONTAINER_CERTIFICATES).options())
            .args(BUILD_OPTIONS)
            .args(OPTIONS);
        run(command)?;
        let mut copy = Command::new("docker");
        copy.arg("cp")
            .arg(certificates)
            .arg(format!("{name}:{CONTAINER_CERTIFICATES}"));
        run(copy)?;
        Ok(Self::Container(name))
    }

    /// The command that starts it and stays with it.
    pub(super) fn command(&self, ports: Ports, certificates: &CertificateFiles) -> Command {
        match self {
            Self::Home(dir) => {
                let mut command = Command::new(dir.join("bin/kc.sh"));
                for name in home::foreign_variables() {
                    command.env_remove(name);
                }
                command.envs(bootstrap());
                // A server that lives for a minute gains nothing from the second compiler.
                command.env("JAVA_OPTS_APPEND", "-XX:TieredStopAtLevel=1");
                command
                    .args(["start-dev", "--http-host=127.0.0.1"])
                    .args(ports.options())
                    .args(certificates.options())
                    .args(BUILD_OPTIONS)
                    .args(OPTIONS);
                command.current_dir(dir);
                command
            }
            Self::Container(name) => {
                let mut command = Command::new("docker");
                command.args(["start", "--attach", name]);
                command
            }
        }
    }

    /// What removes it once its processes are gone.
    pub(super) fn cleanup(&self) -> Vec<OsString> {
        match self {
            Self::Home(dir) => vec!["rm".into(), "-rf".into(), dir.into()],
            Self::Container(name) => vec!["docker".into(), "rm".into(), "-f".into(), name.into()],
        }
    }

    /// Stops a container in the middle of what it does, or lets it go on. A home's processes are
    /// sent a signal instead: `None`.
    pub(super) fn freeze(&self, frozen: bool) -> Option<Result<(), SuiteError>> {
        let Self::Container(name) = self else {
            return None;
        };
        let mut command = Command::new("docker");
        command.args([if frozen { "pause" } else { "unpause" }, name]);
        Some(run(command))
    }
}

fn bootstrap() -> [(&'static str, &'static str); 2] {
    [
        ("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN),
        ("KC_BOOTSTRAP_ADMIN_PASSWORD", PASSWORD),
    ]
}

fn run(mut command: Command) -> Result<(), SuiteError> {
    let failed = |problem: String, tail: String| SuiteError::Program {
        program: "docker".to_owned(),
        problem,
        tail,
    };
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot be started: {error}"), String::new()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(
        output.status.to_string(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}
