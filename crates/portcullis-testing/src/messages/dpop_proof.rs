//! Proofs of possession, RFC 9449, as a client sends them beside its token.

use std::{sync::Arc, time::SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    clock::unix_seconds,
    jwt::{JwtDraft, jwt_parts},
    keys::SigningKey,
    random,
    server::State,
};

/// A DPoP proof to be signed. It begins as a good one: `typ` is `dpop+jwt`, `jwk` the public key,
/// and the claims are `jti`, `htm`, `htu` and `iat`; [`token`](Self::token) adds `ath`, which a
/// resource server wants. Every part of it can be changed, removed or made wrong.
///
/// Made by [`AuthorizationServer::dpop_proof`](crate::AuthorizationServer::dpop_proof), ended by
/// [`jwt`](Self::jwt). Clone it to mint variants; they have the same `jti`.
#[derive(Clone)]
#[must_use = "a builder makes no proof until it is ended by `jwt`"]
pub struct DpopProofBuilder {
    state: Arc<State>,
    draft: JwtDraft,
}

jwt_parts!(DpopProofBuilder);

impl DpopProofBuilder {
    pub(crate) fn new(state: Arc<State>, key: &SigningKey, method: &str, url: &str) -> Self {
        let claims = json!({
            "jti": random::uuid(),
            "htm": method,
            "htu": url,
            "iat": state.clock.now_seconds(),
        });
        let mut draft = JwtDraft::new("dpop+jwt", claims);
        draft.set_key(key);
        draft.set_header("kid".to_owned(), None);
        draft.set_header("jwk".to_owned(), Some(bare_jwk(key)));
        Self { state, draft }
    }

    /// The token it is sent with: `ath`.
    pub fn token(self, token: &str) -> Self {
        let digest = digest(&SHA256, token.as_bytes());
        self.claim("ath", URL_SAFE_NO_PAD.encode(digest))
    }

    /// The nonce that the server has asked for.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// The `iat`, in whole seconds.
    pub fn issued_at(self, time: SystemTime) -> Self {
        self.claim("iat", unix_seconds(time))
    }

    /// The proof, a signed JWT.
    ///
    /// # Panics
    /// If the backend refuses to sign.
    #[must_use]
    pub fn jwt(self) -> String {
        self.draft.sign(&self.state.keys).text
    }
}

/// The public key and nothing about it.
fn bare_jwk(key: &SigningKey) -> Value {
    let mut jwk = key.jwk();
    if let Some(members) = jwk.as_object_mut() {
        for name in ["kid", "use", "alg"] {
            members.remove(name);
        }
    }
    jwk
}
