#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::exhaustive_enums)]

mod authenticate;
mod claims;
mod credentials;
mod discovery;
mod error;
mod http_client;
mod issuer;
mod jwks;
pub mod keycloak;
mod rejection;
mod require;
mod time;
mod verify;

#[cfg(feature = "reqwest")]
pub use crate::http_client::ReqwestClient;
#[cfg(feature = "test-util")]
pub use crate::time::ManualClock;
pub use crate::{
    authenticate::{
        Authenticate, AuthenticateLayer, Authenticator, Expectations, Outcome, ResponseFuture,
        VerifiedToken, Waiting,
    },
    claims::{
        Audience, ClaimsDoNotFit, MalformedFacts, Principal, RegisteredClaims, Scope, TokenFacts,
        VerifiedBy,
    },
    credentials::{
        AccessToken, AuthorizationHeader, Credentials, MalformedToken, RequestView, Scheme,
        TokenExtractor,
    },
    error::ConfigError,
    http_client::{HttpClient, HttpError, HttpFuture, Limits},
    issuer::{CanAsk, ConnectError, Issuer, IssuerBuilder, LocalOnly, WithCredentials},
    jwks::{Algorithm, KeySet, MalformedKeySet},
    keycloak::Realm,
    rejection::{EmptyBody, JsonBody, ProtectionSpace, Reason, Rejection, RenderRejection},
    require::{
        Require, RequireActive, RequireActiveLayer, RequireFuture, RequireLayer, RequireRole,
        RequireScope, Requirement,
    },
    time::{Clock, SystemClock, Timestamp},
    verify::{
        Answer, Freshness, LiveVerifier, TokenVerifier, Verification, VerifierFn,
        hybrid::HybridVerifier,
        introspection::{BasicEncoding, ClientAuthentication, IntrospectionVerifier},
        jwt::{AccessTokenProfile, JwtVerifier},
        verifier_fn,
    },
};
