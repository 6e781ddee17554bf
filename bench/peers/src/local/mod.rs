//! Peers that verify JWTs.

pub mod axum_jwt_auth;
pub mod axum_keycloak_auth;
pub mod huskarl;
pub mod jwt_authorizer;
pub mod oauth_resource_server;
pub mod tower_oauth2_resource_server;
