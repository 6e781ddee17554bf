//! The certificates of one server: its own, and those that clients authenticate with (RFC 8705).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair,
};

use crate::SuiteError;

/// What stands in front of the common name in the subject of every client certificate.
const ORGANIZATION: &str = "Shop";

/// A certificate authority that one server trusts and has its own certificate from.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Self, SuiteError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name = named("Authority");
            let pem = params.self_signed(&key)?.pem();
            let issuer = Issuer::new(params, key);
            Ok(Self { issuer, pem })
        };
        make().map_err(failed)
    }

    /// Its certificate, for those who are to trust the server.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A client's certificate with its key, both as PEM; the subject is what
    /// [`subject`](Self::subject) says.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn client(&self, name: &str) -> Result<String, SuiteError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (certificate, key) = self.sign(&params)?;
        Ok(format!("{certificate}{key}"))
    }

    /// The subject of a certificate of this name, as Keycloak's attribute `x509.subjectdn` wants
    /// it; its own name is `Authority`.
    #[must_use]
    pub fn subject(name: &str) -> String {
        format!("CN={name},O={ORGANIZATION}")
    }

    fn sign(&self, params: &CertificateParams) -> Result<(String, String), SuiteError> {
        let make = || {
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &self.issuer)?;
            Ok((certificate.pem(), key.serialize_pem()))
        };
        make().map_err(failed)
    }
}

/// The files that a server reads, in a folder of its own.
#[derive(Debug, Clone)]
pub(super) struct CertificateFiles {
    dir: PathBuf,
}

impl CertificateFiles {
    /// Writes the server's certificate for 127.0.0.1, its key, and the authority it trusts.
    pub(super) fn write(authority: &Authority, dir: &Path) -> Result<Self, SuiteError> {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).map_err(failed)?;
        params.distinguished_name = named("Keycloak");
        let (certificate, key) = authority.sign(&params)?;
        let write = || -> io::Result<()> {
            fs::create_dir_all(dir)?;
            fs::write(dir.join("server.pem"), certificate)?;
            fs::write(dir.join("server.key"), key)?;
            fs::write(dir.join("authority.pem"), authority.pem())
        };
        write().map_err(SuiteError::file("writing certificates to", dir))?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// The same files, seen from inside a container.
    pub(super) fn mounted_at(dir: &str) -> Self {
        Self { dir: dir.into() }
    }

    /// The options by which Keycloak takes them.
    pub(super) fn options(&self) -> [String; 3] {
        let option = |name, file| format!("--{name}={}", self.dir.join(file).display());
        [
            option("https-certificate-file", "server.pem"),
            option("https-certificate-key-file", "server.key"),
            option("truststore-paths", "authority.pem"),
        ]
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::CommonName, name);
    subject
}

fn failed(error: rcgen::Error) -> SuiteError {
    SuiteError::File {
        doing: "making a certificate".to_owned(),
        source: io::Error::other(error),
    }
}
