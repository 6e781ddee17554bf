use http::uri::Authority;
use serde::Deserialize;

/// The hosts that something is for; one at the least.
///
/// Each is written as the gateway tells it: a name or an address, and a port where clients name one, unless
/// the gateway [tells none](super::GatewayKind::tells_ports).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Hosts(Vec<String>);

/// A list is none of hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// It has none.
    #[error(
        "the list is empty, and no request would be to any host of it: name one, such as `api.example.com`"
    )]
    Empty,
    /// This is none, or a pattern.
    #[error(
        "{0:?} is no host, and no request would be to it: write `api.example.com`, with a port where clients name one"
    )]
    NoHost(String),
}

impl Hosts {
    /// These hosts.
    ///
    /// # Errors
    /// When there is none, or one of them is no host.
    pub fn new<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, HostsError> {
        let hosts: Vec<String> = hosts.into_iter().map(Into::into).collect();
        if hosts.is_empty() {
            return Err(HostsError::Empty);
        }
        match hosts.iter().find(|host| !is_host(host)) {
            Some(other) => Err(HostsError::NoHost(other.clone())),
            None => Ok(Self(hosts)),
        }
    }

    /// Whether this is one of them. Hosts are compared without their case (RFC 9110 §4.2.3), and with
    /// their port where one is given.
    #[must_use]
    pub fn contain(&self, host: &[u8]) -> bool {
        self.0
            .iter()
            .any(|own| own.as_bytes().eq_ignore_ascii_case(host))
    }

    /// One that is named with its port, if there is one.
    pub(crate) fn with_port(&self) -> Option<&str> {
        let has_port = |host: &&str| {
            let authority = host.parse::<Authority>();
            authority.is_ok_and(|parsed| parsed.port().is_some())
        };
        self.iter().find(has_port)
    }

    /// As they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<Vec<String>> for Hosts {
    type Error = HostsError;

    fn try_from(hosts: Vec<String>) -> Result<Self, HostsError> {
        Self::new(hosts)
    }
}

fn is_host(host: &str) -> bool {
    let is_authority = host.parse::<Authority>().is_ok_and(|parsed| {
        parsed.as_str() == host && !host.contains('@') && !parsed.host().is_empty()
    });
    is_authority && !host.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_whole_and_without_their_case() {
        let hosts = Hosts::new(["api.example.com", "API:8443", "[::1]:80", "10.0.0.7"]).unwrap();
        for own in ["Api.Example.com", "api:8443", "[::1]:80", "10.0.0.7"] {
            assert!(hosts.contain(own.as_bytes()), "{own}");
        }
        for other in [
            "",
            "api.example.com:443",
            "api.example.com.",
            "api.example.com.evil",
            "evil.api.example.com",
            "api",
            "[::1]",
            "api.example.com, 10.0.0.7",
        ] {
            assert!(!hosts.contain(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_no_request_is_to_is_no_host() {
        assert_eq!(Hosts::new([""; 0]), Err(HostsError::Empty));
        for other in [
            "",
            "https://api.example.com",
            "api.example.com/",
            "*.example.com",
            "a b",
            "u@api",
        ] {
            let refused = Hosts::new(["api.example.com", other]);
            assert_eq!(refused, Err(HostsError::NoHost(other.to_owned())));
        }
    }
}
