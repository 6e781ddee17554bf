//! Metadata: OpenID Connect Discovery 1.0 and RFC 8414.

use serde_json::{Value, json};

use super::{Endpoint, oauth_error};
use crate::{
    answer::Answer,
    clients::AuthenticationMethod,
    keys::{Family, SigningAlgorithm},
    merge::merge_patch,
    server::State,
};

/// The well-known documents. The first two say the same and differ in where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnown {
    /// OpenID Connect Discovery: `<issuer>/.well-known/openid-configuration`.
    OpenIdConfiguration,
    /// RFC 8414: `/.well-known/oauth-authorization-server` between host and path of the issuer.
    OAuthAuthorizationServer,
    /// UMA 2.0: `<issuer>/.well-known/uma2-configuration`, with the permission endpoint in it.
    Uma2Configuration,
}

/// What a test has changed of the documents.
#[derive(Debug)]
pub(crate) struct DiscoverySettings {
    pub(crate) patch: Value,
    pub(crate) openid: bool,
    pub(crate) oauth: bool,
    pub(crate) uma: bool,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            patch: json!({}),
            openid: true,
            oauth: true,
            uma: true,
        }
    }
}

pub(crate) fn answer(state: &State, target: &str) -> Answer {
    let settings = state.discovery.lock();
    let is_uma = target.contains("uma2-configuration");
    let served = if target.contains("openid-configuration") {
        settings.openid
    } else if is_uma {
        settings.uma
    } else {
        settings.oauth
    };
    if !served {
        return oauth_error(404, "not_found", "This document is switched off.");
    }
    let mut document = document(state);
    if let (Some(members), true) = (document.as_object_mut(), is_uma) {
        let endpoint = json!(state.url(Endpoint::Permission));
        members.insert("permission_endpoint".to_owned(), endpoint);
    }
    merge_patch(&mut document, &settings.patch);
    Answer::json(&document)
}

/// The document before it is patched.
fn document(state: &State) -> Value {
    let policy = state.policy.lock();
    let has_tls = state.authority.is_some();
    let offered = policy.methods.iter().copied();
    let methods: Vec<&str> = offered
        .filter(|method| has_tls || *method != AuthenticationMethod::TlsClientAuth)
        .map(AuthenticationMethod::name)
        .collect();
    // RFC 8414 section 2: the type of an access token stands among them where one authenticates.
    let bearer = policy.introspection_scope.as_ref().map(|_| "Bearer");
    let introspection_methods: Vec<&str> = methods.iter().copied().chain(bearer).collect();
    let algorithms = assertion_algorithms(&policy.methods);
    let mut document = json!({
        "issuer": state.issuer,
        "jwks_uri": state.url(Endpoint::Jwks),
        "token_endpoint": state.url(Endpoint::Token),
        "introspection_endpoint": state.url(Endpoint::Introspection),
        "revocation_endpoint": state.url(Endpoint::Revocation),
        "end_session_endpoint": state.url(Endpoint::Logout),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "grant_types_supported": ["client_credentials", "refresh_token"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "ES384", "EdDSA"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": introspection_methods,
        "revocation_endpoint_auth_methods_supported": methods,
    });
    let answers_signed = policy.signed_introspection;
    if let (Some(members), true) = (document.as_object_mut(), answers_signed) {
        members.insert(
            "introspection_signing_alg_values_supported".to_owned(),
            json!(SigningAlgorithm::ALL.map(SigningAlgorithm::name)),
        );
    }
    for endpoint in ["token", "introspection", "revocation"] {
        if let (Some(members), false) = (document.as_object_mut(), algorithms.is_empty()) {
            members.insert(
                format!("{endpoint}_endpoint_auth_signing_alg_values_supported"),
                json!(algorithms),
            );
        }
    }
    document
}

/// What assertions may be signed with, given the methods that are offered.
fn assertion_algorithms(methods: &[AuthenticationMethod]) -> Vec<&'static str> {
    let offered = |algorithm: &SigningAlgorithm| {
        methods.contains(&if algorithm.family() == Family::Hmac {
            AuthenticationMethod::ClientSecretJwt
        } else {
            AuthenticationMethod::PrivateKeyJwt
        })
    };
    let algorithms = SigningAlgorithm::ALL.into_iter().filter(offered);
    algorithms.map(SigningAlgorithm::name).collect()
}
