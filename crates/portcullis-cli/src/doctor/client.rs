use percent_encoding::percent_decode_str;
use portcullis::{
    BasicEncoding, ClientAuthentication, ClientEndpoint, ClientKey, ClientRequest, Clock,
    ConfigError, SystemClock,
};

use super::arguments::{Encoding, Method};

/// Who introspects, and by what it proves that. No Debug: secrets are in it.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    proof: Proof,
}

#[derive(Clone)]
enum Proof {
    Secret {
        secret: String,
        method: Method,
        encoding: Encoding,
    },
    Key(ClientKey),
    /// The HTTP client presents it.
    Certificate,
}

/// Another way to prove it, which is tried when the one that was given is refused: the one that is taken
/// names the mistake.
pub(super) struct Alternative {
    pub(super) client: Client,
    /// The stable code of the mistake, if this way is taken.
    pub(super) cause: &'static str,
    pub(super) what: &'static str,
    pub(super) cure: &'static str,
}

impl Client {
    pub(super) fn with_secret(
        id: String,
        secret: String,
        method: Method,
        encoding: Encoding,
    ) -> Self {
        let proof = Proof::Secret {
            secret,
            method,
            encoding,
        };
        Self { id, proof }
    }

    /// With a private key, in PEM or as a JWK.
    pub(super) fn with_key(id: String, key: &[u8]) -> Result<Self, ConfigError> {
        let is_jwk = key.trim_ascii_start().starts_with(b"{");
        let key = if is_jwk {
            ClientKey::from_jwk(key)?
        } else {
            ClientKey::from_pem(key)?
        };
        let proof = Proof::Key(key);
        Ok(Self { id, proof })
    }

    /// With a certificate, which the HTTP client presents.
    pub(super) const fn with_certificate(id: String) -> Self {
        let proof = Proof::Certificate;
        Self { id, proof }
    }

    /// How the library authenticates by it.
    pub(super) fn authentication(&self) -> Result<ClientAuthentication, ConfigError> {
        let id = &self.id;
        match &self.proof {
            Proof::Secret {
                secret,
                method,
                encoding,
            } => {
                let client = match method {
                    Method::Offered => ClientAuthentication::client_secret(id, secret),
                    Method::Basic => ClientAuthentication::client_secret_basic(id, secret),
                    Method::Post => ClientAuthentication::client_secret_post(id, secret),
                    Method::Jwt => ClientAuthentication::client_secret_jwt(id, secret),
                }?;
                Ok(client.basic_encoding(match encoding {
                    Encoding::Form => BasicEncoding::FormEncoded,
                    Encoding::Raw => BasicEncoding::Raw,
                }))
            }
            Proof::Key(key) => ClientAuthentication::private_key_jwt(id, key.clone()),
            Proof::Certificate => ClientAuthentication::tls_client_auth(id),
        }
    }

    /// A request for a token of the client's own (RFC 6749 §4.4). Nothing is judged by what comes of it but
    /// the server's time.
    pub(super) async fn token_request(&self, endpoint: &ClientEndpoint) -> Option<ClientRequest> {
        let form = [("grant_type", "client_credentials")];
        let client = self.authentication().ok()?;
        client
            .request(endpoint, &form, SystemClock.now())
            .await
            .ok()
    }

    pub(super) fn has_secret(&self) -> bool {
        matches!(self.proof, Proof::Secret { .. })
    }

    pub(super) fn has_certificate(&self) -> bool {
        matches!(self.proof, Proof::Certificate)
    }

    /// The ways to try, the likeliest mistake first, without the method that was used: to show a secret
    /// that is refused again and again may have the client locked.
    pub(super) fn alternatives(&self, used: Option<Method>) -> Vec<Alternative> {
        let Proof::Secret {
            secret,
            method,
            encoding,
        } = &self.proof
        else {
            return Vec::new();
        };
        let with = |secret: &str, method, encoding| {
            Self::with_secret(self.id.clone(), secret.to_owned(), method, encoding)
        };
        let mut alternatives = Vec::new();
        let trimmed = secret.trim();
        if trimmed != secret {
            alternatives.push(Alternative {
                client: with(trimmed, *method, *encoding),
                cause: "secret_has_white_space",
                what: "there is white space around the secret, such as the newline of a file",
                cure: "take the white space off the secret",
            });
        }
        // A plus sign that was not encoded itself stands for a space in a form.
        let spaced = secret.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
        if secret.contains('%') && decoded != spaced {
            alternatives.push(Alternative {
                client: with(&decoded, *method, *encoding),
                cause: "secret_wrongly_encoded",
                what: "the secret is given percent-encoded; it is encoded once more on its way",
                cure: "give the secret as the server shows it: what has to be encoded is encoded by itself",
            });
        }
        let others = match encoding {
            Encoding::Raw => Alternative {
                client: with(secret, *method, Encoding::Form),
                cause: "secret_wrongly_encoded",
                what: "id and secret are put into the `Basic` header as they are, and the server decodes them (RFC 6749 §2.3.1)",
                cure: "leave `BasicEncoding::Raw` out: Keycloak and most others want them form-encoded",
            },
            Encoding::Form => Alternative {
                client: with(secret, *method, Encoding::Raw),
                cause: "secret_wrongly_encoded",
                what: "id and secret are form-encoded in the `Basic` header, and the server does not decode them",
                cure: "say `.basic_encoding(BasicEncoding::Raw)`",
            },
        };
        if has_to_be_encoded(&self.id) || has_to_be_encoded(secret) {
            alternatives.push(others);
        }
        for (other, cause, what, cure) in [
            (
                Method::Basic,
                "wrong_method",
                "the server takes the secret by `client_secret_basic` and not by the method that was used",
                "use `ClientAuthentication::client_secret_basic(..)`",
            ),
            (
                Method::Post,
                "wrong_method",
                "the server takes the secret by `client_secret_post` and not by the method that was used",
                "use `client_secret_post(..)`",
            ),
            (
                Method::Jwt,
                "wrong_method",
                "the server takes an assertion (`client_secret_jwt`) and not the secret itself",
                "use `ClientAuthentication::client_secret_jwt(..)`",
            ),
        ] {
            if other != used.unwrap_or(*method) {
                alternatives.push(Alternative {
                    client: with(secret, other, Encoding::Form),
                    cause,
                    what,
                    cure,
                });
            }
        }
        alternatives
    }
}

/// Whether a form spells a text otherwise than it is.
fn has_to_be_encoded(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    !text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes(secret: &str) -> Vec<&'static str> {
        let client = Client::with_secret(
            "orders-api".to_owned(),
            secret.to_owned(),
            Method::Offered,
            Encoding::Form,
        );
        let alternatives = client.alternatives(Some(Method::Basic)).into_iter();
        alternatives.map(|it| it.cause).collect()
    }

    #[test]
    fn what_is_tried_depends_on_how_the_secret_looks() {
        let always = ["wrong_method"; 2];
        assert_eq!(causes("plain"), always);
        let encodings = |secret| {
            let is_encoding = |cause: &&str| *cause == "secret_wrongly_encoded";
            causes(secret).into_iter().filter(is_encoding).count()
        };
        assert_eq!(
            (encodings("plain"), encodings("a b"), encodings("a%20b")),
            (0, 1, 2)
        );
        assert_eq!(causes("plain\n").first(), Some(&"secret_has_white_space"));
    }
}
