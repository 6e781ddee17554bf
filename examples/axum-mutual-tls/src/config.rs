use std::{env, error::Error, fmt, fs, net::SocketAddr, time::Duration};

/// What the environment says.
pub(crate) struct Config {
    /// The realm, as it stands in `iss`.
    pub(crate) issuer: String,
    /// What stands in `aud` of tokens for this API.
    pub(crate) audience: String,
    /// Where this API listens.
    pub(crate) listen: SocketAddr,
    /// Its certificate and what leads to its authority, in PEM.
    pub(crate) certificate: Vec<u8>,
    /// The key of the certificate, in PEM.
    pub(crate) key: Vec<u8>,
    /// Whose certificates clients may show, in PEM.
    pub(crate) client_authority: Vec<u8>,
    /// How long it goes on, and says that it is not ready, after the signal to stop.
    pub(crate) linger: Duration,
}

/// What is missing or cannot be used, all of it at once.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Problems,
}

/// Variables, and what is wrong with them.
type Problems = Vec<(&'static str, String)>;

impl Config {
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let mut problems = Problems::new();
        let issuer = text(
            "ISSUER",
            "the realm's address as it stands in `iss`, such as https://id.example.com/realms/shop",
            &mut problems,
        );
        let audience = text(
            "AUDIENCE",
            "what stands in `aud` of tokens for this API",
            &mut problems,
        );
        let certificate = file(
            "TLS_CERTIFICATE",
            "the file of this API's certificate (PEM)",
            &mut problems,
        );
        let key = file(
            "TLS_KEY",
            "the file of the certificate's private key (PEM)",
            &mut problems,
        );
        let client_authority = file(
            "CLIENT_AUTHORITY",
            "the file of the authority that certifies clients (PEM)",
            &mut problems,
        );
        let listen = env::var("LISTEN");
        let listen = listen.as_deref().unwrap_or("127.0.0.1:3443").parse().ok();
        if listen.is_none() {
            let cure = "an address and a port, such as 127.0.0.1:3443";
            problems.push(("LISTEN", cure.to_owned()));
        }
        let linger = seconds("LINGER_SECONDS", 5, &mut problems);
        match listen {
            Some(listen) if problems.is_empty() => Ok(Self {
                issuer,
                audience,
                listen,
                certificate,
                key,
                client_authority,
                linger,
            }),
            _ => Err(ConfigError { problems }),
        }
    }
}

fn text(variable: &'static str, cure: &str, problems: &mut Problems) -> String {
    let value = env::var(variable).unwrap_or_default();
    if value.is_empty() {
        problems.push((variable, cure.to_owned()));
    }
    value
}

fn seconds(variable: &'static str, otherwise: u64, problems: &mut Problems) -> Duration {
    let text = env::var(variable).ok().filter(|value| !value.is_empty());
    let seconds = text.map_or(Ok(otherwise), |text| text.parse());
    Duration::from_secs(seconds.unwrap_or_else(|_| {
        let cure = format!("a number of seconds, such as {otherwise}");
        problems.push((variable, cure));
        otherwise
    }))
}

/// What stands in the file that a variable names.
fn file(variable: &'static str, cure: &str, problems: &mut Problems) -> Vec<u8> {
    let path = text(variable, cure, problems);
    if path.is_empty() {
        return Vec::new();
    }
    fs::read(&path).unwrap_or_else(|error| {
        problems.push((variable, format!("{path}: {error}")));
        Vec::new()
    })
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these environment variables are missing or cannot be used:")?;
        for (variable, what) in &self.problems {
            write!(f, "\n  {variable}: {what}")?;
        }
        Ok(())
    }
}

impl Error for ConfigError {}
