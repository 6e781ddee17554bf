//! The endpoints: which there are, and what each answers.

mod client_authentication;
mod control;
mod discovery;
mod form;
mod introspection;
mod jwks;
mod logout;
mod permission;
mod realm;
mod reply;
mod revocation;
mod security_events;
mod token;

use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};

pub use self::discovery::WellKnown;
pub(crate) use self::{
    control::Endpoints,
    discovery::DiscoverySettings,
    form::Form,
    introspection::{token_claims, token_status},
    reply::Reply,
};
use crate::{answer::Answer, record::RecordedRequest, server::State};

/// An endpoint of the server, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// All well-known documents, see [`WellKnown`].
    Discovery,
    /// The JWK set, RFC 7517.
    Jwks,
    /// The token endpoint, RFC 6749.
    Token,
    /// The introspection endpoint, RFC 7662.
    Introspection,
    /// The revocation endpoint, RFC 7009.
    Revocation,
    /// Logout with a refresh token, the `end_session_endpoint`: the client authenticates, and the
    /// session of its `refresh_token` ends as by [`Session::log_out`](crate::Session::log_out),
    /// notices first. 204 then, and for a session that has ended already.
    Logout,
    /// The path of the issuer itself: Keycloak's public document about a realm, with
    /// `tokens-not-before`.
    Realm,
    /// Where permission tickets are had, UMA 2.0 Federated Authorization: `/authz/protection/permission`
    /// below the issuer.
    Permission,
    /// Where security events are polled for, RFC 8936: `/ssf/poll` below the issuer. A poll waits
    /// for an event, 30 s at the most, unless it says `returnImmediately`; an event comes again
    /// with every poll until it is acknowledged or reported as an error.
    SecurityEvents,
    /// Every other path: 404 unless a fault answers. Targets of redirects and of a `jku` are counted here.
    Other,
}

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Self; 10] = [
        Self::Discovery,
        Self::Jwks,
        Self::Token,
        Self::Introspection,
        Self::Revocation,
        Self::Logout,
        Self::Realm,
        Self::Permission,
        Self::SecurityEvents,
        Self::Other,
    ];

    /// Below the issuer, and in the places Keycloak has them.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Discovery => "/.well-known/openid-configuration",
            Self::Jwks => "/protocol/openid-connect/certs",
            Self::Token => "/protocol/openid-connect/token",
            Self::Introspection => "/protocol/openid-connect/token/introspect",
            Self::Revocation => "/protocol/openid-connect/revoke",
            Self::Logout => "/protocol/openid-connect/logout",
            Self::Realm => "",
            Self::Permission => "/authz/protection/permission",
            Self::SecurityEvents => "/ssf/poll",
            Self::Other => "/other",
        }
    }
}

/// The honest answer to a request.
pub(crate) async fn answer_request(
    state: &Arc<State>,
    endpoint: Endpoint,
    request: &RecordedRequest,
) -> Reply {
    let wants_post = matches!(
        endpoint,
        Endpoint::Token
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::Logout
            | Endpoint::Permission
            | Endpoint::SecurityEvents
    );
    let allowed = if wants_post {
        request.method == Method::POST
    } else {
        matches!(request.method, Method::GET | Method::HEAD)
    };
    match endpoint {
        Endpoint::Other => oauth_error(404, "not_found", "There is nothing here.").into(),
        _ if !allowed => Answer::new(405)
            .header("allow", if wants_post { "POST" } else { "GET, HEAD" })
            .into(),
        Endpoint::Discovery => discovery::answer(state, &request.target).into(),
        Endpoint::Jwks => jwks::answer(state, request).into(),
        Endpoint::Token => token::answer(state, request),
        Endpoint::Introspection => introspection::answer(state, request),
        Endpoint::Revocation => revocation::answer(state, request).into(),
        Endpoint::Logout => logout::answer(state, request).await.into(),
        Endpoint::Realm => realm::answer(state).into(),
        Endpoint::Permission => permission::answer(state, request).into(),
        Endpoint::SecurityEvents => security_events::answer(state, request).await.into(),
    }
}

/// What the living token says that the request bears.
fn bearer_claims(state: &State, request: &RecordedRequest) -> Option<Map<String, Value>> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    token_claims(state, token).filter(|_| is_bearer)
}

/// An error in the form of RFC 6749 section 5.2.
fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    not_stored(Answer::json(
        &json!({"error": error, "error_description": description}),
    ))
    .status(status)
}

fn not_stored(answer: Answer) -> Answer {
    answer
        .header("cache-control", "no-store")
        .header("pragma", "no-cache")
}
