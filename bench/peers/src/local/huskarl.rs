//! huskarl-resource-server behind huskarl-axum.

use std::{collections::HashMap, sync::Arc};

use axum::{Router, routing::get};
use huskarl_axum::{
    extractors::ValidatedToken,
    layers::ValidatorLayer,
    resource_server::{
        core::{jwk::JwksSource, server_metadata::AuthorizationServerMetadata},
        validator::rfc9068::{Rfc9068AccessTokenClaims, Rfc9068Validator},
    },
};
use huskarl_reqwest::{ReqwestClient, mtls::NoMtls};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure, Roles};
use serde::Deserialize;

/// What it does not read by itself.
#[derive(Debug, Clone, Deserialize)]
struct Profile {
    preferred_username: String,
    realm_access: Roles,
    resource_access: HashMap<String, Roles>,
}

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let client = ReqwestClient::builder().mtls(NoMtls).build().await?;
    let metadata = AuthorizationServerMetadata::oidc_fetch()
        .http_client(&client)
        .issuer(server.issuer())
        .call()
        .await?;
    let keys = JwksSource::builder().http_client(client).build();
    let validator = Rfc9068Validator::builder_from_metadata(&metadata)
        .with_claims::<Profile>()
        .audience(AUDIENCE)
        .jws_verifier_factory(Arc::new(keys))
        .build()
        .await?;
    let layer = ValidatorLayer::builder().validator(validator).build();
    Ok(crate::router_with(get(handler)).layer(layer.authenticated()))
}

async fn handler(token: ValidatedToken<Rfc9068AccessTokenClaims<Profile>>) {
    let profile = &token.claims.extra_claims;
    crate::seen(&(
        &profile.preferred_username,
        &profile.realm_access,
        &profile.resource_access,
    ));
}
