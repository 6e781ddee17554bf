use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use form_urlencoded::{Serializer, byte_serialize};
use http::HeaderValue;

use crate::ConfigError;

/// How we prove to the authorization server who we are (RFC 6749 §2.3). Its Debug shows the
/// client id and never the secret.
#[derive(Clone)]
pub struct ClientAuthentication {
    client_id: String,
    secret: String,
    method: Method,
}

#[derive(Debug, Clone, Copy)]
enum Method {
    Basic(BasicEncoding),
    Post,
}

/// How id and secret are put into a `Basic` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Form-encoded first, as RFC 6749 §2.3.1 says and Keycloak expects.
    #[default]
    FormEncoded,
    /// As they are, for servers that do not decode them.
    Raw,
}

impl ClientAuthentication {
    /// `client_secret_basic`: id and secret in the `Authorization` header.
    ///
    /// # Errors
    /// When id or secret is empty, or the id has a control character.
    pub fn client_secret_basic(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::checked(
            client_id.into(),
            secret.into(),
            Method::Basic(BasicEncoding::default()),
        )
    }

    /// `client_secret_post`: id and secret in the body.
    ///
    /// # Errors
    /// When id or secret is empty, or the id has a control character.
    pub fn client_secret_post(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::checked(client_id.into(), secret.into(), Method::Post)
    }

    /// Chooses how a `Basic` header is made; changes nothing for other methods.
    #[must_use]
    pub fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        if let Method::Basic(own) = &mut self.method {
            *own = encoding;
        }
        self
    }

    /// What can only be judged once the encoding is known.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if matches!(self.method, Method::Basic(BasicEncoding::Raw)) && self.client_id.contains(':')
        {
            return Err(ConfigError::new(
                "client_authentication",
                "a raw `Basic` header ends the client id at its first colon",
                "use `BasicEncoding::FormEncoded`, or `client_secret_post`",
            ));
        }
        Ok(())
    }

    /// Who we are.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    fn checked(client_id: String, secret: String, method: Method) -> Result<Self, ConfigError> {
        if client_id.is_empty() || client_id.chars().any(char::is_control) {
            return Err(ConfigError::new(
                "client_id",
                "it is empty or has a control character",
                "use the client's id as the authorization server shows it",
            ));
        }
        if secret.is_empty() {
            return Err(ConfigError::new(
                "client_secret",
                "it is empty",
                "give the secret of a confidential client; a public client cannot introspect",
            ));
        }
        Ok(Self {
            client_id,
            secret,
            method,
        })
    }

    /// The `Authorization` header of a request, where the method has one.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let Method::Basic(encoding) = self.method else {
            return None;
        };
        let pair = match encoding {
            BasicEncoding::FormEncoded => {
                format!(
                    "{}:{}",
                    form_encoded(&self.client_id),
                    form_encoded(&self.secret)
                )
            }
            BasicEncoding::Raw => format!("{}:{}", self.client_id, self.secret),
        };
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Adds what the method puts into the body.
    pub(super) fn write_form(&self, form: &mut Serializer<'_, String>) {
        if matches!(self.method, Method::Post) {
            form.append_pair("client_id", &self.client_id);
            form.append_pair("client_secret", &self.secret);
        }
    }
}

fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAuthentication")
            .field("client_id", &self.client_id)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(id: &str, secret: &str, encoding: BasicEncoding) -> String {
        let client = ClientAuthentication::client_secret_basic(id, secret).unwrap();
        let value = client.basic_encoding(encoding).header().unwrap();
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_basic() {
        let encoded = |id, secret| header(id, secret, BasicEncoding::FormEncoded);
        assert_eq!(
            encoded("rs client", "p@ss:w%rd+/é"),
            "Basic cnMrY2xpZW50OnAlNDBzcyUzQXclMjVyZCUyQiUyRiVDMyVBOQ=="
        );
        assert_eq!(encoded("a:b", "c:d"), "Basic YSUzQWI6YyUzQWQ=");
        assert_eq!(
            encoded("s6BhdRkqt3", "gX1fBat3bV"),
            "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
        );
        assert_eq!(form_encoded(" %&+£€"), "+%25%26%2B%C2%A3%E2%82%AC");
    }

    #[test]
    fn raw_basic_leaves_them_as_they_are() {
        assert_eq!(
            header(
                "content-cyrus-client",
                "#NdhMw3!?:R+7_8{EsKU44W(",
                BasicEncoding::Raw
            ),
            "Basic Y29udGVudC1jeXJ1cy1jbGllbnQ6I05kaE13MyE/OlIrN184e0VzS1U0NFco"
        );
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        let client = ClientAuthentication::client_secret_post("api", "hush").unwrap();
        assert!(!format!("{client:?}").contains("hush"));
    }

    #[test]
    fn an_empty_secret_or_an_unprintable_id_is_refused() {
        assert!(ClientAuthentication::client_secret_basic("api", "").is_err());
        assert!(ClientAuthentication::client_secret_basic("", "s").is_err());
        assert!(ClientAuthentication::client_secret_basic("a\nb", "s").is_err());
    }
}
