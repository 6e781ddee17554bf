use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::Deserialize;

/// Who is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// Somebody at this address.
    Address(IpAddr),
    /// Somebody who may open the Unix socket.
    Socket,
    /// Somebody who has shown a certificate by the authority of the gateways.
    Certified,
}

/// Whose word is taken for what a request was: anybody else could ask about one request and send
/// another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TrustedPeers {
    networks: Vec<Network>,
}

/// An address, or all that share its beginning: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// A text is none whose peers could be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It is neither an address nor a network.
    #[error(
        "{0:?} is neither an address nor a network: write `10.0.0.7`, or `10.0.0.0/8` with nothing behind the prefix"
    )]
    None(String),
    /// Anybody is in it.
    #[error(
        "{0:?} is everybody, and everybody could ask about one request and send another: name the addresses of your gateways"
    )]
    Everybody(String),
    /// It is about IPv4 in the spelling of IPv6, in which addresses are not compared.
    #[error(
        "{0:?} stands for IPv4 addresses: write the network as one of IPv4, such as `10.0.0.0/8`"
    )]
    Mapped(String),
}

impl TrustedPeers {
    /// Those of these networks; of none, this machine's own (loopback).
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self {
            networks: networks.into_iter().collect(),
        }
    }

    /// Whether this one is believed.
    #[must_use]
    pub fn trust(&self, peer: Peer) -> bool {
        let Peer::Address(address) = peer else {
            return true;
        };
        let address = address.to_canonical();
        if self.networks.is_empty() {
            return address.is_loopback();
        }
        self.networks
            .iter()
            .any(|Network(network)| network.contains(&address))
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => Some(IpNet::from(address.to_canonical())),
            Err(_) => text.parse::<IpNet>().ok(),
        };
        let network = network
            .filter(|network| network.addr() == network.network())
            .ok_or_else(|| NetworkError::None(text.to_owned()))?;
        if network.prefix_len() == 0 {
            return Err(NetworkError::Everybody(text.to_owned()));
        }
        match network {
            IpNet::V6(mapped) if mapped.addr().to_ipv4_mapped().is_some() => {
                Err(NetworkError::Mapped(text.to_owned()))
            }
            network => Ok(Self(network)),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(networks: &[&str]) -> TrustedPeers {
        TrustedPeers::new(networks.iter().map(|text| text.parse().unwrap()))
    }

    fn trusts(peers: &TrustedPeers, address: &str) -> bool {
        peers.trust(Peer::Address(address.parse().unwrap()))
    }

    #[test]
    fn of_nobody_named_this_machine_alone_is_believed() {
        let peers = TrustedPeers::default();
        for own in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(trusts(&peers, own), "{own}");
        }
        for other in ["10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1"] {
            assert!(!trusts(&peers, other), "{other}");
        }
    }

    #[test]
    fn who_is_named_is_believed_and_nobody_else_also_not_this_machine() {
        let peers = trusted(&["10.1.0.0/16", "192.0.2.7", "fd00::/8"]);
        for own in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "fd12::1"] {
            assert!(trusts(&peers, own), "{own}");
        }
        for other in ["10.2.0.1", "192.0.2.8", "127.0.0.1", "::1", "fe80::1"] {
            assert!(!trusts(&peers, other), "{other}");
        }
    }

    #[test]
    fn a_socket_and_a_certificate_speak_for_themselves() {
        assert!(trusted(&["192.0.2.7"]).trust(Peer::Socket));
        assert!(TrustedPeers::default().trust(Peer::Certified));
    }

    #[test]
    fn a_network_that_was_meant_otherwise_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0",
            "*",
            "10.0.0.1:80",
            "0.0.0.0/0",
            "::/0",
            "::ffff:10.0.0.0/104",
            "::ffff:0:0/96",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
