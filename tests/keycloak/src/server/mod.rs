//! A running Keycloak.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use reqwest::StatusCode;

pub use self::certificates::Authority;
use self::{
    certificates::CertificateFiles,
    launch::{Launch, Ports},
};
use portcullis_real_servers::{Supervised, free_port, tail};

use crate::{Admin, Distribution, SUITE, SuiteError};

mod certificates;
mod home;
mod launch;

pub(crate) const ADMIN: &str = "admin";
pub(crate) const PASSWORD: &str = "admin";

/// Its first start takes half a minute on an idle machine, and minutes on one that is busy otherwise.
const READY_LIMIT: Duration = Duration::from_secs(300);
const END_LIMIT: Duration = Duration::from_secs(30);

/// A Keycloak on two loopback ports, http and https, with a database of its own that lasts as
/// long as this value. Dropping it, or the end of this process, ends it.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
    ports: Ports,
    authority: Authority,
    certificates: CertificateFiles,
    log: PathBuf,
    http: reqwest::Client,
    process: Option<Supervised>,
}

impl Server {
    /// Does what the first start of a distribution needs (20 to 60 s), if it was not done before.
    ///
    /// # Errors
    /// When the server does not come up; the error has the end of its log.
    pub async fn prepare(distribution: &Distribution) -> Result<(), SuiteError> {
        let Distribution::Unpacked(source) = distribution else {
            return Ok(());
        };
        let template = home::template_of(source)?;
        if home::is_complete(&template) {
            return Ok(());
        }
        let partial = template.with_extension(format!("partial-{}", process::id()));
        for leftover in [&template, &partial] {
            // Mostly not there at all.
            let _ = fs::remove_dir_all(leftover);
        }
        home::build(source, &partial)?;
        let mut server = Self::new(Launch::Home(partial.clone()), Identity::new()?)?;
        SUITE
            .during("building Keycloak (once)", server.start_again())
            .await?;
        server.stop().await?;
        match fs::rename(&partial, &template) {
            // Somebody else was quicker.
            Err(_) if home::is_complete(&template) => Ok(()),
            other => other.map_err(SuiteError::file("moving into place", &partial)),
        }
    }

    /// Starts a server with an empty database and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up within five minutes; the error has the end of its log.
    pub async fn start(distribution: &Distribution) -> Result<Self, SuiteError> {
        Self::start_on(distribution, free_port()?).await
    }

    /// The same on this port of 127.0.0.1.
    ///
    /// # Errors
    /// As for [`start`](Self::start), and when somebody listens there.
    pub async fn start_on(distribution: &Distribution, port: u16) -> Result<Self, SuiteError> {
        Self::prepare(distribution).await?;
        check_is_free(port)?;
        let identity = Identity::at(port)?;
        let launch = match distribution {
            Distribution::Unpacked(source) => {
                let home = SUITE.run_dir()?.join(format!("home-{port}"));
                home::copy(&home::template_of(source)?, &home)?;
                Launch::Home(home)
            }
            Distribution::Image(image) => {
                let name = format!("portcullis-keycloak-{}-{port}", process::id());
                let certificates = certificates_dir(port)?;
                Launch::create_container(name, image, identity.ports, &certificates)?
            }
        };
        let mut server = Self::new(launch, identity)?;
        SUITE
            .during("starting Keycloak", server.start_again())
            .await?;
        Ok(server)
    }

    fn new(launch: Launch, identity: Identity) -> Result<Self, SuiteError> {
        let port = identity.ports.http;
        Ok(Self {
            launch,
            ports: identity.ports,
            authority: identity.authority,
            certificates: identity.certificates,
            log: SUITE.run_dir()?.join(format!("keycloak-{port}.log")),
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(5))
                .build()
                .map_err(SuiteError::http("building an HTTP client"))?,
            process: None,
        })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// `https://127.0.0.1:PORT`, with a certificate of [`authority`](Self::authority). Whoever
    /// asks there is told of an issuer of that address: Keycloak goes by the request.
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.https)
    }

    /// Whom it trusts to name clients, and who has named it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Its administrator.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn admin(&self) -> Result<Admin, SuiteError> {
        Admin::new(&self.base_url())
    }

    /// The server's log, kept for the last few runs.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Ends the server in good order; realms, keys and sessions stay in its database.
    ///
    /// # Errors
    /// When it does not end within half a minute. It is killed then, its data are gone.
    pub async fn stop(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.end(END_LIMIT).await,
            None => Ok(()),
        }
    }

    /// Ends the server in the middle of what it does. What it has written stays.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.kill(END_LIMIT).await,
            None => Ok(()),
        }
    }

    /// Holds it for so long: what it is asked meanwhile waits, and is answered then.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn stall(&self, time: Duration) -> Result<(), SuiteError> {
        if let Some(process) = &self.process {
            process.signal("STOP", true)?;
            tokio::time::sleep(time).await;
            process.signal("CONT", true)?;
        }
        Ok(())
    }

    /// The port that it listens on for http.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.ports.http
    }

    /// Starts it on the same port with the same data and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up within five minutes; the error has the end of its log.
    pub async fn start_again(&mut self) -> Result<(), SuiteError> {
        let url = format!("{}/realms/master", self.base_url());
        let command = self.launch.command(self.ports, &self.certificates);
        let process = Supervised::spawn("Keycloak", command, &self.log, &self.launch.cleanup())?;
        let process = self.process.insert(process);
        let begun = tokio::time::Instant::now();
        loop {
            process.check()?;
            let answer = self.http.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return Ok(());
            }
            if begun.elapsed() > READY_LIMIT {
                return Err(SuiteError::TimedOut {
                    what: format!("{url} should answer 200"),
                    limit: READY_LIMIT,
                    tail: tail(process.log()),
                });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops the server in the middle of what it does: it takes connections and answers none.
    ///
    /// # Errors
    /// When it is not running.
    pub fn freeze(&self) -> Result<(), SuiteError> {
        self.set_frozen(true)
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// When it is not running.
    pub fn thaw(&self) -> Result<(), SuiteError> {
        self.set_frozen(false)
    }

    fn set_frozen(&self, frozen: bool) -> Result<(), SuiteError> {
        if let Some(done) = self.launch.freeze(frozen) {
            return done;
        }
        let signal = if frozen { "STOP" } else { "CONT" };
        self.process
            .as_ref()
            .ok_or_else(|| SuiteError::Program {
                program: "Keycloak".to_owned(),
                problem: "is not running".to_owned(),
                tail: String::new(),
            })?
            .signal(signal, true)
    }
}

/// Under which names and ports a server can be reached, and what proves it.
struct Identity {
    ports: Ports,
    authority: Authority,
    certificates: CertificateFiles,
}

impl Identity {
    fn new() -> Result<Self, SuiteError> {
        Self::at(free_port()?)
    }

    fn at(port: u16) -> Result<Self, SuiteError> {
        let ports = Ports {
            http: port,
            https: free_port()?,
        };
        let authority = Authority::new()?;
        let certificates = CertificateFiles::write(&authority, &certificates_dir(ports.http)?)?;
        Ok(Self {
            ports,
            authority,
            certificates,
        })
    }
}

fn check_is_free(port: u16) -> Result<(), SuiteError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|error| {
            SuiteError::Misconfigured(format!(
                "port {port} of 127.0.0.1 cannot be had ({error}): end whoever listens there, or name \
                 another port"
            ))
        })
}

fn certificates_dir(port: u16) -> Result<PathBuf, SuiteError> {
    Ok(SUITE.run_dir()?.join(format!("certificates-{port}")))
}
