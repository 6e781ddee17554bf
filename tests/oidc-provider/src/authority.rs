//! Certificates.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use serde_json::{Value, json};

use crate::Tls;

/// A certificate authority that servers and clients trust.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// A client's certificate with its private key.
#[derive(Debug, Clone)]
pub struct Certificate {
    pem: String,
    jwk: Value,
}

impl Certificate {
    /// The certificate and behind it the private key (PKCS #8), in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The key as a JWK Set whose one key has the certificate in it (`x5c`), for the metadata of a
    /// client that authenticates with `self_signed_tls_client_auth` (RFC 8705 §2.2.2).
    #[must_use]
    pub fn jwk_set(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// A certificate for this common name that its own key has signed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn self_signed(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = named(name).self_signed(&key)?;
        Ok(Self::of(&certificate, &key))
    }

    fn of(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        // An uncompressed P-256 point: 4, x, y.
        let point = key.public_key_raw();
        let coordinate = |at: usize| {
            let bytes = point.get(at..at + 32).unwrap_or_default();
            URL_SAFE_NO_PAD.encode(bytes)
        };
        Self {
            jwk: json!({
                "kty": "EC",
                "crv": "P-256",
                "x": coordinate(1),
                "y": coordinate(33),
                "x5c": [STANDARD.encode(certificate.der())],
            }),
            pem: certificate.pem() + &key.serialize_pem(),
        }
    }
}

impl Authority {
    /// An authority of the test's own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = named("the authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// Its own certificate, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A client's certificate for this common name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn client(&self, name: &str) -> Result<Certificate, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = named(name).signed_by(&key, &self.issuer)?;
        Ok(Certificate::of(&certificate, &key))
    }

    /// What a server on 127.0.0.1 needs to use TLS with clients of this authority.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn server(&self) -> Result<Tls, rcgen::Error> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(["127.0.0.1".to_owned()])?;
        Ok(Tls {
            cert: params.signed_by(&key, &self.issuer)?.pem(),
            key: key.serialize_pem(),
            ca: self.certificate.clone(),
        })
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
