//! What a server is told when it starts.

use std::{
    fmt::{self, Write},
    fs, io,
    path::Path,
};

const CERTIFICATE: &str = "certificate.pem";
const PRIVATE_KEY: &str = "key.pem";

/// Settings of one server. The default has no password and writes nothing to disk.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    password: Option<String>,
    persistent: bool,
    replica_of: Option<u16>,
    tls: Option<Tls>,
}

/// What a server shows of itself, in PEM.
#[derive(Clone)]
struct Tls {
    certificate: String,
    private_key: String,
}

impl Configuration {
    /// Refuses clients that do not know this password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Writes every change to disk before it is answered: what was answered outlasts a kill.
    #[must_use]
    pub const fn persistent(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// Speaks TLS as well, on a port of its own, with this certificate and its key, in PEM.
    #[must_use]
    pub fn tls(mut self, certificate: &str, private_key: &str) -> Self {
        self.tls = Some(Tls {
            certificate: certificate.to_owned(),
            private_key: private_key.to_owned(),
        });
        self
    }

    pub(crate) const fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Writes what the server reads besides its [configuration](Self::text).
    pub(crate) fn write_certificates(&self, folder: &Path) -> io::Result<()> {
        let Some(tls) = &self.tls else {
            return Ok(());
        };
        fs::write(folder.join(CERTIFICATE), &tls.certificate)?;
        fs::write(folder.join(PRIVATE_KEY), &tls.private_key)
    }

    /// The same as a replica of the server on this port, or as a master again.
    pub(crate) const fn set_replica_of(&mut self, port: Option<u16>) {
        self.replica_of = port;
    }

    pub(crate) const fn master(&self) -> Option<u16> {
        self.replica_of
    }

    pub(crate) fn secret(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The file that `redis-server` reads.
    pub(crate) fn text(&self, port: u16, tls_port: Option<u16>, folder: &Path) -> String {
        let append_only = if self.persistent { "yes" } else { "no" };
        let mut text = format!(
            "bind 127.0.0.1\n\
             port {port}\n\
             dir {}\n\
             daemonize no\n\
             save \"\"\n\
             appendonly {append_only}\n\
             appendfsync always\n\
             repl-diskless-sync yes\n\
             repl-diskless-sync-delay 0\n",
            quoted(&folder.to_string_lossy())
        );
        let mut line = |words: &[&str]| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}", words.join(" "));
        };
        if let Some(password) = &self.password {
            let password = quoted(password);
            line(&["requirepass", &password]);
            line(&["masterauth", &password]);
        }
        if let Some(port) = tls_port {
            line(&["tls-port", &port.to_string()]);
            line(&["tls-cert-file", CERTIFICATE]);
            line(&["tls-key-file", PRIVATE_KEY]);
            line(&["tls-ca-cert-file", CERTIFICATE]);
            line(&["tls-auth-clients", "no"]);
        }
        if let Some(port) = self.replica_of {
            line(&["replicaof", "127.0.0.1", &port.to_string()]);
        }
        text
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls([redacted])")
    }
}

/// Redis unquotes `\xHH` between double quotes, so that no character means anything.
fn quoted(text: &str) -> String {
    let escaped: Vec<_> = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{}\"", escaped.concat())
}
