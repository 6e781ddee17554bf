//! What every builder of a signed JWT has: claims, header, signer, and what stands in their place.

use std::{collections::HashSet, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    error::KeyError,
    keys::{KeyRing, KeyUse, SigningAlgorithm, SigningKey, signing_input},
    lock::Lock,
};

/// A JWT before it is signed.
#[derive(Clone)]
pub(crate) struct JwtDraft {
    pub(crate) claims: Map<String, Value>,
    /// The claims that were set or removed since the beginning.
    touched: HashSet<String>,
    /// Whether the claims it began with were replaced as a whole.
    replaced: bool,
    token_type: &'static str,
    header: Vec<(String, Option<Value>)>,
    signer: Signer,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
enum Signer {
    Algorithm(SigningAlgorithm),
    Key(SigningKey),
}

/// A JWT, and whether it is one that the server stands by: signed with a signing key of its own,
/// over the claims, with the signature that belongs to it.
pub(crate) struct SignedJwt {
    pub(crate) text: String,
    pub(crate) is_genuine: bool,
}

impl JwtDraft {
    /// These claims, if they are an object, under a header of this `typ`, signed with RS256.
    pub(crate) fn new(token_type: &'static str, claims: Value) -> Self {
        Self {
            claims: members(claims),
            touched: HashSet::new(),
            replaced: false,
            token_type,
            header: Vec::new(),
            signer: Signer::Algorithm(SigningAlgorithm::RS256),
            raw_header: None,
            raw_payload: None,
            signature: None,
        }
    }

    pub(crate) fn set_claim(&mut self, name: String, value: Value) {
        self.touched.insert(name.clone());
        self.claims.insert(name, value);
    }

    pub(crate) fn remove_claim(&mut self, name: &str) {
        self.touched.insert(name.to_owned());
        self.claims.remove(name);
    }

    pub(crate) fn replace_claims(&mut self, claims: Value) {
        self.replaced = true;
        self.claims = members(claims);
    }

    /// Whether a claim is, or is not there, because the test said so.
    pub(crate) fn is_own(&self, claim: &str) -> bool {
        self.replaced || self.touched.contains(claim)
    }

    /// The value of a claim that is text.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    pub(crate) fn set_header(&mut self, name: String, value: Option<Value>) {
        self.header.push((name, value));
    }

    pub(crate) fn set_algorithm(&mut self, algorithm: SigningAlgorithm) {
        self.signer = Signer::Algorithm(algorithm);
    }

    pub(crate) fn set_key(&mut self, key: &SigningKey) {
        self.signer = Signer::Key(key.clone());
    }

    pub(crate) fn set_raw_header(&mut self, header: Vec<u8>) {
        self.raw_header = Some(header);
    }

    pub(crate) fn set_raw_payload(&mut self, payload: Vec<u8>) {
        self.raw_payload = Some(payload);
    }

    pub(crate) fn set_signature(&mut self, signature: Vec<u8>) {
        self.signature = Some(signature);
    }

    /// Signs its claims, as [`sign_claims`](Self::sign_claims) does.
    pub(crate) fn sign(&self, keys: &Lock<KeyRing>) -> SignedJwt {
        self.sign_claims(keys, self.claims.clone())
    }

    /// Signs these claims, be they its own or some of them. The end of the test if the backend cannot
    /// make a key or refuses to sign.
    pub(crate) fn sign_claims(
        &self,
        keys: &Lock<KeyRing>,
        claims: Map<String, Value>,
    ) -> SignedJwt {
        let mut keys = keys.lock();
        let key = match &self.signer {
            Signer::Key(key) => key.clone(),
            Signer::Algorithm(algorithm) => KeyError::or_panic(keys.signing_key(*algorithm)),
        };
        let is_genuine = key.key_use() == KeyUse::Signature
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
            .unwrap_or_else(|| Value::Object(claims).to_string().into_bytes());
        let message = signing_input(&header, &payload);
        let signature = self
            .signature
            .clone()
            .unwrap_or_else(|| key.sign(message.as_bytes()));
        SignedJwt {
            text: format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)),
            is_genuine,
        }
    }

    fn header_bytes(&self, key: &SigningKey) -> Vec<u8> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(key.algorithm().name()));
        header.insert("typ".to_owned(), json!(self.token_type));
        header.insert("kid".to_owned(), json!(key.key_id()));
        for (name, value) in &self.header {
            match value {
                Some(value) => header.insert(name.clone(), value.clone()),
                None => header.remove(name),
            };
        }
        Value::Object(header).to_string().into_bytes()
    }
}

impl fmt::Debug for JwtDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtDraft")
            .field("header", &self.header)
            .field("claims", &self.claims)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

fn members(claims: Value) -> Map<String, Value> {
    if let Value::Object(claims) = claims {
        claims
    } else {
        Map::new()
    }
}
