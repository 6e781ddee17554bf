//! An OAuth 2.0 authorization server inside your test: real HTTP on a loopback port, real
//! signatures, real introspection, and whatever can go wrong with them, on demand.
//!
//! **For tests only, never for production.** It mints any token for whoever holds the handle,
//! keeps everything in memory for ever, and speaks plain HTTP unless it is told to speak TLS.
//!
//! # Test your own router in ten lines
//!
//! With Portcullis in front of an axum router:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::post};
//! use portcullis::{AuthenticateLayer, Realm, RequireActiveLayer};
//! use portcullis_testing::AuthorizationServer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = AuthorizationServer::start().await?;
//!     let realm = Realm::new(server.issuer())?
//!         .audience("orders-api")
//!         .client_secret("orders-api", "orders-secret")
//!         .build()?;
//!     let app = Router::new()
//!         .route("/payments", post(|| async {}).layer(RequireActiveLayer::live()))
//!         .layer(AuthenticateLayer::new(realm.hybrid()));
//!
//!     let alice = server.login("alice");
//!     let bearer = format!("Bearer {}", alice.token().jwt());
//!     let payment = || Request::post("/payments").header("authorization", &bearer).body(Body::empty());
//!     assert_eq!(app.clone().oneshot(payment()?).await?.status(), 200);
//!     alice.end();
//!     assert_eq!(app.clone().oneshot(payment()?).await?.status(), 401);
//!     Ok(())
//! }
//! ```
//!
//! The server by itself, asked as a resource server asks it:
//!
//! ```
//! use portcullis_testing::{AuthorizationServer, Endpoint};
//! use serde_json::Value;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = AuthorizationServer::start().await?;
//! let alice = server.login("alice");
//! let token = alice.token().realm_roles(["admin"]).jwt();
//!
//! let introspect = || async {
//!     let client = reqwest::Client::builder().no_proxy().build()?;
//!     let request = client
//!         .post(server.url(Endpoint::Introspection))
//!         .basic_auth("orders-api", Some("orders-secret"))
//!         .form(&[("token", &token)]);
//!     request.send().await?.json::<Value>().await
//! };
//! assert_eq!(introspect().await?["realm_access"]["roles"][0], "admin");
//! alice.end();
//! assert_eq!(introspect().await?["active"], false);
//! assert_eq!(server.request_count(Endpoint::Introspection), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # What it can do
//!
//! | | |
//! |---|---|
//! | life | [`AuthorizationServer::start`], [`builder`](AuthorizationServer::builder) (`clock`, `client`, `add_client`, `audience`, `issuer_path`, `issuer`, `keycloak_style`, `port`), [`stop`](AuthorizationServer::stop), [`restart`](AuthorizationServer::restart); it ends when dropped |
//! | about it | `issuer`, `origin`, `address`, `audience`, `now`, `url`, `well_known_url`, `connection_count` |
//! | clients | [`Client`], `add_client`, `remove_client`; the one there is from the start is `orders-api` with `orders-secret` |
//! | their authentication | [`AuthenticationMethod`]: by secret or by assertion, for a client ([`Client::authentication_methods`], [`Client::public_key`]) and for the server ([`set_authentication_methods`](AuthorizationServer::set_authentication_methods), `accept_endpoint_audiences`); an access token at introspection ([`set_bearer_introspection`](AuthorizationServer::set_bearer_introspection)) |
//! | TLS | with the feature `tls`: `AuthorizationServerBuilder::tls`, `root_certificate`, and for mutual TLS `client_certificate` and `Client::certificate` |
//! | tokens | [`token`](AuthorizationServer::token) and [`Session::token`] give a [`TokenBuilder`], which ends in `jwt`, `lightweight`, `opaque` or `opaque_value`; [`SigningKey::sign_raw`] signs anything |
//! | bound tokens | `cnf` is a claim of the builder; [`SigningKey::thumbprint`] and a [`DpopProofBuilder`] by [`dpop_proof`](AuthorizationServer::dpop_proof) |
//! | their end | [`login`](AuthorizationServer::login), `end_session`, `revoke`, `disable_user`, `enable_user`, `set_realm_roles`, `set_client_roles`, `set_not_before`, `set_client_not_before`, `log_out_all` |
//! | logout with notice | [`Session::log_out`] to every [`Client::backchannel_logout`] of those who take part (`joined_by`), with a [`NoticeDelivery`] for each; [`hold_session_end`](AuthorizationServer::hold_session_end) holds what follows the notices, [`set_sessions_revivable`](AuthorizationServer::set_sessions_revivable) lets it fail; any [`LogoutTokenBuilder`] by `logout_token`, sent by `push_logout_token` |
//! | logout by a client | [`Endpoint::Logout`] takes refresh tokens: from [`Client::refresh_tokens`] or [`Session::refresh_token`] |
//! | cut-offs | [`Endpoint::Realm`] tells that of the realm; [`push_not_before`](AuthorizationServer::push_not_before) and `push_logout` tell a client, any [`AdminMessageBuilder`] comes by `not_before_message` and `logout_message` |
//! | security events | a [`SecurityEventBuilder`] by `security_event`, [`Session::session_revoked`] or `credential_change`; pushed by [`push_security_event`](AuthorizationServer::push_security_event), polled for at [`Endpoint::SecurityEvents`] (`queue_security_event`, `queued_security_events`, `security_event_errors`, `set_security_event_bearer`) |
//! | introspection | `set_introspection_answer`, `clear_introspection_answer`, `set_audience_rule`, `introspect`, [`TokenBuilder::introspects_as`] |
//! | signed answers | RFC 9701: [`set_signed_introspection`](AuthorizationServer::set_signed_introspection), [`Client::introspection_signing_algorithm`]; Keycloak's `jwt` member: [`Client::jwt_in_introspection`] |
//! | what is no access token | refresh tokens, ID tokens, RPTs, active as on some servers: claims of the builder and [`TokenBuilder::introspects_as`], for example `{"token_use": "refresh_token"}` or `{"token_type": null, "scope": null}` |
//! | permissions (UMA 2.0) | [`add_resource`](AuthorizationServer::add_resource), `grant_permission`, `withdraw_permission`: told by the uma-ticket grant at [`Endpoint::Token`], as a decision, as a list and as requesting party tokens, and by introspection with the hint `requesting_party_token`; tickets at [`Endpoint::Permission`]; metadata in [`WellKnown::Uma2Configuration`] |
//! | keys | `signing_key`, `encryption_key`, [`rotate`](AuthorizationServer::rotate), `remove_key`, `publish_key`, `patch_jwk`, `add_jwk`, `clear_added_jwks`, `jwks`; [`set_jwks_caching`](AuthorizationServer::set_jwks_caching) for `ETag` and 304; private halves for a client's own use: [`SigningKey::private_key_pem`], [`SigningKey::private_jwk`] |
//! | discovery | `patch_discovery`, `reset_discovery`, `serve_well_known` |
//! | faults | [`inject`](AuthorizationServer::inject) a [`Fault`] at an [`Endpoint`], `clear_faults` |
//! | gates | [`hold`](AuthorizationServer::hold) gives a [`Gate`]: requests wait until it is released, tests need no sleeps |
//! | a program beside it | with the feature `program`: `Program` starts a built executable with an environment of its own, reads what it says and ends it |
//! | what was asked | `request_count`, `total_request_count`, `requests` ([`RecordedRequest`]), `wait_for_requests`, `clear_requests` |
//!
//! # What it is like
//!
//! Tokens and introspection follow Keycloak 26.7: claims, the strictness about forms, inactive
//! tokens, roles of today. Endpoints are below the issuer, where Keycloak has them; metadata is
//! in both places, that of OpenID Connect Discovery and that of RFC 8414. Access tokens come from
//! the client credentials grant and from refresh tokens at the token endpoint, or straight from the
//! test. What is pushed, logout tokens and cut-offs, has the form in which Keycloak 26.7
//! sends it; security events have the form in which SSF 1.0 and CAEP 1.0 want them.
//!
//! Client assertions are judged as the newest drafts want it: the issuer alone as audience, an end
//! within five minutes, an id that was never seen, one authentication method in a request.
//!
//! An answer that no honest server gives is a [`Fault::answer`] with a body from
//! [`SigningKey::sign_raw`]: a signed introspection answer of the wrong type, by the wrong key, or
//! about somebody else.
//!
//! Time is a function: with [`clock`](AuthorizationServerBuilder::clock) the server follows the
//! manual clock of the code under test, and so do `exp`, `iat` and the `Date` of every answer.
//!
//! RSA keys are made once per process and handed from server to server; no two living servers
//! share one. A panic in here is a key that could not be made, and ends only the test that asked.

mod answer;
mod clients;
mod clock;
mod delivery;
mod endpoints;
mod error;
mod fault;
mod gate;
mod jwt;
mod keys;
mod lock;
mod merge;
mod messages;
mod not_before;
mod permissions;
#[cfg(feature = "program")]
mod program;
mod random;
mod record;
mod refresh_tokens;
mod security_events;
mod server;
mod sessions;
mod subjects;
mod tls;
mod token;
mod wire;

#[cfg(feature = "program")]
pub use self::program::{Program, ProgramBuilder, ProgramError};
#[cfg(feature = "tls")]
pub use self::tls::ClientCertificate;
pub use self::{
    answer::Answer,
    clients::{AuthenticationMethod, Client, TokenFormat},
    delivery::{NoticeDelivery, ReceiverAnswer},
    endpoints::{Endpoint, WellKnown},
    error::{DeliveryError, KeyError, StartError},
    fault::Fault,
    gate::{Gate, HoldPoint},
    keys::{KeyUse, SigningAlgorithm, SigningKey},
    messages::{AdminMessageBuilder, DpopProofBuilder, LogoutTokenBuilder, SecurityEventBuilder},
    record::RecordedRequest,
    server::{AuthorizationServer, AuthorizationServerBuilder, Rotation},
    sessions::Session,
    token::TokenBuilder,
};
