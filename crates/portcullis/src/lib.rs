#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::exhaustive_enums)]

mod authenticate;
mod binding;
mod claims;
mod client_authentication;
mod concurrency;
mod credentials;
mod discovery;
mod error;
mod http_client;
mod issuer;
mod jwks;
mod jws;
pub mod keycloak;
mod pacing;
mod readiness;
mod rejection;
mod require;
mod resource_metadata;
mod revocation;
mod shared_state;
pub mod telemetry;
mod time;
mod token_notes;
mod uma;
mod verify;

#[cfg(feature = "reqwest")]
pub use crate::http_client::{ClientCertificate, ReqwestClient, ReqwestClientBuilder};
#[doc(hidden)]
pub use crate::require::is_scope_token as __is_scope_token;
#[cfg(feature = "status-list")]
pub use crate::revocation::StatusLists;
#[cfg(feature = "test-util")]
pub use crate::time::ManualClock;
pub use crate::{
    authenticate::{
        Authenticate, AuthenticateLayer, Authenticator, Expectations, Outcome, ResponseFuture,
        VerifiedToken, Waiting,
    },
    binding::{CertificateSource, Confirmation, Dpop, NonceKeys, PeerCertificate, Thumbprint},
    claims::{
        Actor, Audience, Authorities, AuthorityMap, ClaimText, ClaimsDoNotFit, MalformedFacts,
        Permission, Principal, RegisteredClaims, Scope, TokenFacts, VerifiedBy,
    },
    client_authentication::{
        AssertionAudience, AssertionType, BasicEncoding, BearerFuture, BearerSource,
        BearerUnavailable, ClientAuthentication, ClientAuthenticationError, ClientEndpoint,
        ClientKey, ClientRequest,
    },
    credentials::{
        AccessToken, AuthorizationHeader, Credentials, EitherPlace, MalformedToken, NamingIssuer,
        QueryParameter, RequestView, Scheme, TokenCookie, TokenExtractor, WebSocketProtocol,
    },
    error::ConfigError,
    http_client::{HttpClient, HttpError, HttpFuture, Limits},
    issuer::{CanAsk, ConnectError, Issuer, IssuerBuilder, LocalOnly, WithCredentials},
    jwks::{Algorithm, KeySet, MalformedKeySet, PublishedKey, SkippedKey},
    keycloak::{NotBeforeReceiver, Realm},
    readiness::{Cause, Readiness},
    rejection::{
        Diagnosis, EmptyBody, GrpcFlavor, JsonBody, ProtectionSpace, Reason, Rejection,
        RenderRejection, Rule,
    },
    require::{
        AnyOf, PermissionGuard, Require, RequireAcr, RequireActive, RequireActiveLayer,
        RequireAuthority, RequireBinding, RequireFuture, RequireLayer, RequirePermission,
        RequirePermissionLayer, RequireRole, RequireScope, RequiredScopes, Requirement,
    },
    resource_metadata::ResourceMetadata,
    revocation::{
        Doubt, DoubtCause, Ended, FeedError, FeedFuture, LogoutReceiver, MalformedNotice,
        NoticeReceipt, RevocationFeed, RevocationNotice, RevocationSet, RevocationSink,
        SecurityEventError, SecurityEventReceipt, SecurityEventReceiver, Standing,
    },
    shared_state::{
        EntrySeal, SealError, SharedStore, StateKeys, StoreError, StoreFuture, StoreKey,
    },
    time::{Clock, ClockReading, SystemClock, Timestamp},
    uma::Uma,
    verify::{
        Answer, Freshness, LiveVerifier, TokenVerifier, Verification, VerifierFn,
        hybrid::HybridVerifier,
        introspection::IntrospectionVerifier,
        jwt::{AccessTokenProfile, JwtVerifier},
        multi_issuer::{MultiIssuerBuilder, MultiIssuerVerifier},
        verifier_fn,
    },
};
