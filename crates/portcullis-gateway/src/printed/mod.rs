//! The gateway's part of the configuration, as it has to be: what a forward-auth server cannot do by
//! itself, such as taking a header off the client's request, is done there.

mod address;
mod envoy;
mod error;
mod nginx;
mod traefik;

use self::error::goes_with;
pub use self::{
    address::GatewayAddress,
    envoy::{Endpoint, EndpointError, EnvoyPlaces, envoy},
    error::PrintError,
    nginx::{NginxPart, nginx},
    traefik::traefik,
};

/// Under these names frameworks take another method or another path than those that were judged.
const OVERRIDES: [&str; 5] = [
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-Original-URL",
    "X-Rewrite-URL",
];

/// A header in the spelling that people write: `X-Auth-Subject`.
fn spelled(name: &http::HeaderName) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let words: Vec<String> = name.as_str().split('-').map(word).collect();
    words.join("-")
}
