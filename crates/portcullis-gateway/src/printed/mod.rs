//! The gateway's part of the configuration, as it has to be: what a forward-auth server cannot do by
//! itself, such as taking a header off the client's request, is done there.

mod address;
mod envoy;
mod nginx;
mod traefik;

pub use self::{
    address::GatewayAddress,
    envoy::{Endpoint, EndpointError, EnvoyPlaces, envoy},
    nginx::{NginxPart, nginx},
    traefik::{NoTraefik, traefik},
};

use crate::{config::Config, forwarded::GatewayKind};

/// The file is for another gateway than the one that something is to be printed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`[forward_auth]` says `gateway = \"{}\"`: print `config {}`, or write `gateway = \"{}\"`",
    .said.name(), .said.name(), .asked.name()
)]
pub struct OtherGateway {
    said: GatewayKind,
    asked: GatewayKind,
}

/// Whether the part of a gateway of this kind goes with a file. One that asks in another way than the file
/// says passes on what clients write where the other one is believed.
///
/// # Errors
/// When the file is for another gateway.
pub fn goes_with(config: &Config, asked: GatewayKind) -> Result<(), OtherGateway> {
    let said = config.settings.forward_auth.gateway;
    if said == asked {
        Ok(())
    } else {
        Err(OtherGateway { said, asked })
    }
}

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
