//! The end of a builder: the token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    builder::{Signer, TokenBuilder},
    defaults::LIGHTWEIGHT_CLAIMS,
    register::IssuedToken,
};
use crate::{
    error::KeyError,
    keys::{KeyUse, SigningKey, signing_input},
    random,
};

impl TokenBuilder {
    /// A JWT with all claims.
    ///
    /// The server knows it, and introspection calls it active as long as it lives, if it is
    /// signed with a signing key of the server over the claims of this builder.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn jwt(mut self) -> String {
        self.take_roles_of_today();
        let payload = self.claims.clone();
        self.sign(payload)
    }

    /// A JWT as Keycloak's lightweight access tokens: `exp`, `iat`, `jti`, `iss`, `typ`, `azp`,
    /// `sid` and `scope`, of those that the builder has, and no others; introspection tells all
    /// claims. It has an `aud` if the builder was given one, as with an audience mapper that adds
    /// it to lightweight tokens. The `jti` begins with `onltro:`.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn lightweight(mut self) -> String {
        self.take_roles_of_today();
        if let Some(Value::String(id)) = self.claims.get_mut("jti") {
            *id = id.replacen("onrtro:", "onltro:", 1);
        }
        let mut payload = self.claims.clone();
        let own_audience = self.own_audience;
        payload.retain(|name, _| {
            LIGHTWEIGHT_CLAIMS.contains(&name.as_str()) || (own_audience && name == "aud")
        });
        self.sign(payload)
    }

    /// A random opaque token; introspection tells its claims.
    #[must_use]
    pub fn opaque(self) -> String {
        self.opaque_value(random::opaque())
    }

    /// An opaque token of this very text, for example one that looks like something else.
    #[must_use]
    pub fn opaque_value(mut self, token: impl Into<String>) -> String {
        self.take_roles_of_today();
        let token = token.into();
        self.register(token.clone());
        token
    }

    fn sign(self, payload: Map<String, Value>) -> String {
        let mut keys = self.state.keys.lock();
        let key = match &self.signer {
            Signer::Key(key) => key.clone(),
            Signer::Algorithm(algorithm) => KeyError::or_panic(keys.signing_key(*algorithm)),
        };
        let known = key.key_use() == KeyUse::Signature
            && self.raw_payload.is_none()
            && self.signature.is_none()
            && keys.owns(&key);
        drop(keys);

        let header = self
            .raw_header
            .clone()
            .unwrap_or_else(|| self.header_bytes(&key));
        let payload = self
            .raw_payload
            .clone()
            .unwrap_or_else(|| Value::Object(payload).to_string().into_bytes());
        let message = signing_input(&header, &payload);
        let signature = self
            .signature
            .clone()
            .unwrap_or_else(|| key.sign(message.as_bytes()));
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        if known {
            self.register(token.clone());
        }
        token
    }

    fn header_bytes(&self, key: &SigningKey) -> Vec<u8> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(key.algorithm().name()));
        header.insert("typ".to_owned(), json!("JWT"));
        header.insert("kid".to_owned(), json!(key.key_id()));
        for (name, value) in &self.header {
            match value {
                Some(value) => header.insert(name.clone(), value.clone()),
                None => header.remove(name),
            };
        }
        Value::Object(header).to_string().into_bytes()
    }

    fn take_roles_of_today(&mut self) {
        let subject = self
            .claims
            .get("sub")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if !self.own_roles {
            self.state
                .subjects
                .put_roles_of_today(&subject, &mut self.claims);
        }
    }

    fn register(self, token: String) {
        let issued = IssuedToken {
            claims: self.claims,
            answer_patch: self.answer_patch,
            revoked: false,
        };
        self.state.tokens.lock().add(token, issued);
    }
}
