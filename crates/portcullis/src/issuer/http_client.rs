//! By which HTTP client the issuer is spoken to.

use std::sync::Arc;

use super::settings::Settings;
use crate::{ConfigError, HttpClient};

#[cfg(feature = "reqwest")]
impl Settings {
    pub(super) fn http_client(&self) -> Result<Arc<dyn HttpClient>, ConfigError> {
        if let Some(own) = &self.http {
            self.check_client_of_your_own()?;
            return Ok(own.clone());
        }
        let mut client = crate::ReqwestClient::builder();
        for pem in &self.root_certificates {
            client = client.root_certificate(pem);
        }
        if let Some(certificate) = &self.client_certificate {
            client = client.client_certificate(certificate.clone());
        }
        Ok(Arc::new(client.build()?))
    }

    /// What is said of TLS is for our own client: another one has to be told itself.
    fn check_client_of_your_own(&self) -> Result<(), ConfigError> {
        if self.client_certificate.is_some() {
            return Err(ConfigError::new(
                "client_certificate",
                "an HTTP client of your own has to present it itself",
                "give the certificate to that client, and say `client_authentication(ClientAuthentication::tls_client_auth(..)?)` instead",
            ));
        }
        if !self.root_certificates.is_empty() {
            return Err(ConfigError::new(
                "root_certificate",
                "an HTTP client of your own has to trust it itself",
                "give it to that client, as by `ReqwestClient::builder().root_certificate(..)`, or drop `http_client(..)`",
            ));
        }
        Ok(())
    }
}

#[cfg(not(feature = "reqwest"))]
impl Settings {
    pub(super) fn http_client(&self) -> Result<Arc<dyn HttpClient>, ConfigError> {
        self.http.clone().ok_or_else(|| {
            ConfigError::new(
                "http_client",
                "there is no HTTP client",
                "give one, or enable the feature `reqwest`",
            )
        })
    }
}
