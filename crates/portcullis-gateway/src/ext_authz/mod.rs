//! Envoy's external authorization over gRPC (`envoy.service.auth.v3`): what it asks, in its own words, put
//! to the same gate as everything else.

mod answer;
mod certificate;
mod question;
mod service;
mod wire;

pub use self::service::ExtAuthz;
