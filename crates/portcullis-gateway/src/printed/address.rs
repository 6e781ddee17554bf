use std::net::{IpAddr, Ipv4Addr};

use crate::config::{Config, ListenAddress};

/// Where a gateway reaches the forward-auth server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GatewayAddress {
    /// A host and a port.
    Host(String),
    /// A socket in the file system.
    Unix(String),
}

impl GatewayAddress {
    /// Where it listens, unless it is reached elsewhere. All addresses of a machine are taken for its
    /// own one (loopback).
    #[must_use]
    pub fn of(config: &Config, elsewhere: Option<String>) -> Self {
        if let Some(elsewhere) = elsewhere {
            return match elsewhere.strip_prefix("unix:") {
                Some(path) => Self::Unix(path.to_owned()),
                None => Self::Host(elsewhere),
            };
        }
        match &config.settings.forward_auth.listen {
            ListenAddress::Unix(path) => Self::Unix(path.display().to_string()),
            ListenAddress::Tcp(address) => {
                let mut address = *address;
                if address.ip().is_unspecified() {
                    address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
                }
                Self::Host(address.to_string())
            }
        }
    }
}
