//! Client assertions, RFC 7523 as the draft of its successor has it: `client_secret_jwt` and
//! `private_key_jwt`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{
    clients::Client,
    endpoints::{Endpoint, Form},
    keys::{Family, SigningAlgorithm, verifies_hmac},
    server::State,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What `typ` may say where it says anything.
const KNOWN_TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// How far ahead, in seconds, an assertion may end.
const LONGEST_LIFE: f64 = 300.0;

/// An assertion that says consistently whose it is; nothing else of it is proven.
pub(crate) struct Assertion<'a> {
    message: &'a str,
    signature: Vec<u8>,
    algorithm: SigningAlgorithm,
    key_id: Option<String>,
    claims: Map<String, Value>,
    client_id: String,
}

/// What kind of key the assertion says it is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimedKey {
    Secret,
    Public,
}

impl<'a> Assertion<'a> {
    pub(crate) fn read(form: &Form, assertion: &'a str) -> Option<Self> {
        if form.value("client_assertion_type") != Some(ASSERTION_TYPE) {
            return None;
        }
        let (message, signature) = assertion.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return None;
        }
        let known_type = match header.get("typ") {
            None => true,
            Some(Value::String(kind)) => KNOWN_TYPES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(kind)),
            Some(_) => false,
        };
        let claims = object(payload)?;
        let client_id = claims.get("sub")?.as_str()?.to_owned();
        let same_issuer = claims.get("iss")?.as_str()? == client_id;
        let same_parameter = form.value("client_id").is_none_or(|id| id == client_id);
        if !(known_type && same_issuer && same_parameter) {
            return None;
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(key_id) => Some(key_id.as_str()?.to_owned()),
        };
        Some(Self {
            message,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            algorithm: SigningAlgorithm::named(header.get("alg")?.as_str()?)?,
            key_id,
            claims,
            client_id,
        })
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn claimed_key(&self) -> ClaimedKey {
        if self.algorithm.family() == Family::Hmac {
            ClaimedKey::Secret
        } else {
            ClaimedKey::Public
        }
    }

    /// Whether a key of the client, or its secret, made the signature.
    pub(crate) fn is_by(&self, client: &Client) -> bool {
        let message = self.message.as_bytes();
        match self.claimed_key() {
            ClaimedKey::Secret => client.secret.as_deref().is_some_and(|secret| {
                verifies_hmac(secret.as_bytes(), self.algorithm, message, &self.signature)
            }),
            ClaimedKey::Public => client
                .keys
                .iter()
                .filter(|key| key.fits(self.key_id.as_deref(), self.algorithm))
                .any(|key| key.verifies(self.algorithm, message, &self.signature)),
        }
    }

    /// Whether it is meant for this server: the issuer as one string, unless old ways are allowed.
    pub(crate) fn is_for(&self, state: &State, client: &Client) -> bool {
        let Some(audience) = self.claims.get("aud") else {
            return false;
        };
        if let Some(accepted) = &client.assertion_audiences {
            return names_one_of(audience, accepted);
        }
        if state.policy.lock().endpoint_audiences {
            let endpoints = [
                Endpoint::Token,
                Endpoint::Introspection,
                Endpoint::Revocation,
            ];
            let mut accepted = endpoints.map(|endpoint| state.url(endpoint)).to_vec();
            accepted.push(state.issuer.clone());
            return names_one_of(audience, &accepted);
        }
        audience.as_str() == Some(&state.issuer)
    }

    /// Whether it has begun and has not ended, and ends soon.
    pub(crate) fn is_of_now(&self, state: &State) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
        let now = state.clock.now_seconds() as f64;
        let ends = self.claims.get("exp").and_then(Value::as_f64);
        let has_begun = |name: &str| match self.claims.get(name) {
            None => true,
            Some(time) => time.as_f64().is_some_and(|time| time <= now),
        };
        ends.is_some_and(|exp| now < exp && exp <= now + LONGEST_LIFE)
            && has_begun("iat")
            && has_begun("nbf")
    }

    /// Whether its id was never seen from this client. Asked last: it is seen from then on.
    pub(crate) fn is_new(&self, state: &State) -> bool {
        let id = self.claims.get("jti").and_then(Value::as_str);
        id.filter(|id| !id.is_empty()).is_some_and(|id| {
            let mut seen = state.seen_assertions.lock();
            seen.insert((self.client_id.clone(), id.to_owned()))
        })
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn names_one_of(audience: &Value, accepted: &[String]) -> bool {
    let known = |name: &Value| accepted.iter().any(|accepted| name == accepted);
    match audience {
        Value::Array(names) => names.iter().any(known),
        name => known(name),
    }
}
