use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use form_urlencoded::byte_serialize;
use http::HeaderValue;

use super::{
    Attempt, AuthenticationError, ClientAuthentication, Method, Occasion, attempt::authorization,
};
use crate::{ConfigError, discovery::ClientMethods, http_client::excerpt};

/// How id and secret are put into a `Basic` header (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Form-encoded first, as RFC 6749 §2.3.1 says and Keycloak expects.
    #[default]
    FormEncoded,
    /// As they are, for servers that do not decode them.
    Raw,
}

#[derive(Clone)]
pub(super) struct Secret {
    secret: String,
    /// `None`: the server's choice.
    way: Option<Way>,
    /// The `Basic` header, which is the same in every request; made by the first that needs it.
    basic: OnceLock<HeaderValue>,
}

/// How a secret proves who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Basic,
    Post,
    Jwt,
}

/// RFC 7518 §3.2: a key as long as the hash.
const SHORTEST_HMAC_KEY: usize = 32;
const HMAC: &str = "HS256";

impl ClientAuthentication {
    /// A client secret, by the method that the server offers: of those it publishes for the
    /// introspection endpoint, else for the token endpoint, `client_secret_basic` before
    /// `client_secret_post` before `client_secret_jwt` (for which the secret needs 32 bytes).
    /// `client_secret_basic` where it says nothing (RFC 8414 §2), and for an endpoint that is
    /// named, whatever the server publishes: nothing is fetched for that one.
    ///
    /// # Errors
    /// When id or secret is empty, or the id has a control character.
    pub fn client_secret(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::by_secret(client_id.into(), secret.into(), None)
    }

    /// `client_secret_basic`: id and secret in the `Authorization` header, whatever the server
    /// publishes.
    ///
    /// # Errors
    /// When id or secret is empty, or the id has a control character.
    pub fn client_secret_basic(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::by_secret(client_id.into(), secret.into(), Some(Way::Basic))
    }

    /// `client_secret_post`: id and secret in the body, whatever the server publishes.
    ///
    /// # Errors
    /// When id or secret is empty, or the id has a control character.
    pub fn client_secret_post(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        Self::by_secret(client_id.into(), secret.into(), Some(Way::Post))
    }

    /// `client_secret_jwt`: an assertion under HS256 with the secret as the key (OpenID Connect
    /// Core 1.0 §9, RFC 7523 §3), whatever the server publishes. The secret itself is not sent.
    ///
    /// # Errors
    /// When the id is empty or has a control character, or the secret is shorter than 32 bytes
    /// (RFC 7518 §3.2).
    pub fn client_secret_jwt(
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let secret = secret.into();
        if !secret.is_empty() && secret.len() < SHORTEST_HMAC_KEY {
            return Err(ConfigError::new(
                "client_secret",
                "it is shorter than 32 bytes, too short a key for HS256",
                "have the server make a longer one, or use `private_key_jwt`",
            ));
        }
        Self::by_secret(client_id.into(), secret, Some(Way::Jwt))
    }

    /// Chooses how a `Basic` header is made; changes nothing for other methods.
    #[must_use]
    pub fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.encoding = encoding;
        if let Method::Secret(secret) = &mut self.method {
            secret.basic = OnceLock::new();
        }
        self
    }

    fn by_secret(id: String, secret: String, way: Option<Way>) -> Result<Self, ConfigError> {
        let is_empty = secret.is_empty();
        let basic = OnceLock::new();
        let client = Self::new(id, Method::Secret(Secret { secret, way, basic }))?;
        if is_empty {
            return Err(ConfigError::new(
                "client_secret",
                "it is empty",
                "give the secret of a confidential client; a public client cannot introspect",
            ));
        }
        Ok(client)
    }
}

impl Secret {
    pub(super) fn method_name(&self) -> &'static str {
        match self.way {
            Some(Way::Basic) => "client_secret_basic",
            Some(Way::Post) => "client_secret_post",
            Some(Way::Jwt) => "client_secret_jwt",
            None => "client_secret, by what the server offers",
        }
    }

    pub(super) fn check(&self, id: &str, encoding: BasicEncoding) -> Result<(), ConfigError> {
        let may_be_basic = matches!(self.way, Some(Way::Basic) | None);
        if may_be_basic && encoding == BasicEncoding::Raw && id.contains(':') {
            return Err(ConfigError::new(
                "client_authentication",
                "a raw `Basic` header ends the client id at its first colon",
                "use `BasicEncoding::FormEncoded`, or `client_secret_post`",
            ));
        }
        Ok(())
    }

    pub(super) fn attempt(
        &self,
        client: &ClientAuthentication,
        occasion: &Occasion<'_>,
    ) -> Result<Attempt, AuthenticationError> {
        let way = match self.way {
            Some(way) => way,
            None => self.offered(&occasion.target.methods)?,
        };
        let id = &client.client_id;
        match way {
            Way::Basic => self.basic_header(client).map(Attempt::by_header),
            Way::Post => Ok(Attempt::by_form(vec![
                ("client_id", id.clone()),
                ("client_secret", self.secret.clone()),
            ])),
            Way::Jwt => client.assert(occasion, HMAC, None, |message| {
                let key =
                    aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.secret.as_bytes());
                let tag = aws_lc_rs::hmac::sign(&key, message);
                Ok(tag.as_ref().to_vec())
            }),
        }
    }

    fn basic_header(
        &self,
        client: &ClientAuthentication,
    ) -> Result<HeaderValue, AuthenticationError> {
        if let Some(known) = self.basic.get() {
            return Ok(known.clone());
        }
        let (id, secret) = (&client.client_id, &self.secret);
        let pair = match client.encoding {
            BasicEncoding::FormEncoded => format!("{}:{}", form_encoded(id), form_encoded(secret)),
            BasicEncoding::Raw => format!("{id}:{secret}"),
        };
        let header = authorization("Basic", &STANDARD.encode(pair))?;
        Ok(self.basic.get_or_init(|| header).clone())
    }

    /// The best way that the server offers.
    fn offered(&self, published: &ClientMethods) -> Result<Way, AuthenticationError> {
        let Some(methods) = &published.methods else {
            return Ok(Way::Basic);
        };
        let offers = |name: &str| methods.iter().any(|method| method == name);
        let algorithms = published.algorithms.as_ref();
        let verifies_hmac = algorithms.is_none_or(|all| all.iter().any(|one| one == HMAC));
        if offers("client_secret_basic") {
            Ok(Way::Basic)
        } else if offers("client_secret_post") {
            Ok(Way::Post)
        } else if offers("client_secret_jwt")
            && verifies_hmac
            && self.secret.len() >= SHORTEST_HMAC_KEY
        {
            Ok(Way::Jwt)
        } else {
            const SHOWN: usize = 16;
            let shown = methods.iter().take(SHOWN).map(|name| excerpt(name));
            let shown: Vec<_> = shown.collect();
            Err(AuthenticationError::Misfit(
                format!(
                    "a client secret does not do here: the server offers {shown:?} (`client_secret_jwt` needs a secret of 32 bytes and HS256); use one of these methods, or `client_secret_basic(..)` if it takes that without saying so"
                )
                .into(),
            ))
        }
    }
}

fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
