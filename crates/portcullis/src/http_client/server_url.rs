use std::{borrow::Cow, fmt, net::IpAddr, sync::Arc};

use http::Uri;
use url::{Host, Url};

use crate::ConfigError;

/// The address of something at an authorization server: `https`, or plain `http` to a literal
/// loopback address, without credentials and fragment. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    address: Arc<Address>,
}

#[derive(PartialEq, Eq)]
struct Address {
    url: Url,
    /// The same as it stands in a request, if it can.
    uri: Option<Uri>,
}

/// Why an address is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnfitUrl {
    #[error("it is not an absolute URL with a host")]
    NotAUrl,
    #[error("it has a fragment, a user name or a password")]
    HasExtras,
    #[error("it is neither `https` nor plain `http` to a literal loopback address")]
    NotSecure,
    #[error("it is plain `http` on this machine, and the issuer is elsewhere")]
    NotLocal,
}

impl ServerUrl {
    pub(crate) fn parse(text: &str, allows_http: bool) -> Result<Self, UnfitUrl> {
        let url = Url::parse(text).map_err(|_| UnfitUrl::NotAUrl)?;
        if !url.has_host() {
            return Err(UnfitUrl::NotAUrl);
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(UnfitUrl::HasExtras);
        }
        match url.scheme() {
            "https" => Ok(Self::of(url)),
            "http" if allows_http || is_loopback(&url) => Ok(Self::of(url)),
            _ => Err(UnfitUrl::NotSecure),
        }
    }

    fn of(url: Url) -> Self {
        let uri = url.as_str().parse().ok();
        Self {
            address: Arc::new(Address { url, uri }),
        }
    }

    /// The address in a builder's setting.
    pub(crate) fn configured(
        setting: &'static str,
        text: &str,
        allows_http: bool,
    ) -> Result<Self, ConfigError> {
        Self::parse(text, allows_http).map_err(|problem| {
            ConfigError::new(
                setting,
                format!("{:?} cannot be used: {problem}", without_user(text)),
                "use an https URL; plain http only works for 127.0.0.1 and [::1], or with `danger_allow_http()`",
            )
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.address.url
    }

    /// As it stands in a request; `None` where it cannot.
    pub(crate) fn uri(&self) -> Option<Uri> {
        self.address.uri.clone()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.url().as_str()
    }

    /// Another path at the same origin, without a query.
    pub(crate) fn with_path(&self, path: &str) -> Self {
        let mut url = self.url().clone();
        url.set_path(path);
        url.set_query(None);
        Self::of(url)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url().scheme() == "https"
    }

    /// Whether it is a literal loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(self.url())
    }

    pub(crate) fn has_origin_of(&self, other: &Self) -> bool {
        self.url().origin() == other.url().origin()
    }

    /// Whether it is at this place or below it, by whole segments of the path.
    #[cfg(feature = "status-list")]
    pub(crate) fn is_at_or_below(&self, place: &Self) -> bool {
        let path = place.url().path().trim_end_matches('/');
        let rest = self.url().path().strip_prefix(path);
        let is_below = |rest: &str| {
            (rest.is_empty() || rest.starts_with('/')) && (path.is_empty() || !may_lead_up(rest))
        };
        self.has_origin_of(place) && rest.is_some_and(is_below)
    }

    /// Whether it is on the other's host, whatever the port, or on a subdomain of it.
    pub(crate) fn is_at_host_of(&self, other: &Self) -> bool {
        match (self.url().host(), other.url().host()) {
            (Some(Host::Domain(own)), Some(Host::Domain(other))) => {
                let below = own.strip_suffix(other);
                below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
            (own, other) => own == other,
        }
    }
}

/// Whether some server may take a path for one that leads up again, by separators in disguise or by
/// parameters of a segment (`..;`). Plain ones are resolved by the parser.
#[cfg(feature = "status-list")]
fn may_lead_up(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    let mut segments = path.split('/');
    path.contains("%2f")
        || path.contains("%5c")
        || segments.any(|segment| segment.starts_with(".."))
}

/// An address as it may be printed: a user name or password in front of an `@` is left out.
pub(crate) fn without_user(text: &str) -> Cow<'_, str> {
    let Some((front, rest)) = text.rsplit_once('@') else {
        return text.into();
    };
    let scheme = front.split_once("://").map_or("", |(scheme, _)| scheme);
    format!("{scheme}://[redacted]@{rest}").into()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_literal_loopback_addresses() {
        for good in [
            "https://id.example.com/realms/shop",
            "http://127.0.0.1:8080",
            "http://127.9.9.9/",
            "http://[::1]:8080/a",
        ] {
            assert!(ServerUrl::parse(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://localhost:8080/",
            "http://id.example.com/",
            "ftp://127.0.0.1/",
            "http://127.0.0.1.evil.example/",
            "http://169.254.169.254/",
        ] {
            assert_eq!(
                ServerUrl::parse(bad, false),
                Err(UnfitUrl::NotSecure),
                "{bad}"
            );
        }
        assert!(ServerUrl::parse("http://id.example.com/", true).is_ok());
        assert_eq!(
            ServerUrl::parse("https://a@b.example/", false),
            Err(UnfitUrl::HasExtras)
        );
        assert_eq!(ServerUrl::parse("/path", false), Err(UnfitUrl::NotAUrl));
    }

    #[test]
    fn a_subdomain_and_another_port_are_at_the_host() {
        let is_at = |address: &str, of: &str| {
            let parse = |text| ServerUrl::parse(text, true).unwrap();
            parse(address).is_at_host_of(&parse(of))
        };
        assert!(is_at(
            "https://id.example.com:8443/a",
            "https://id.example.com"
        ));
        assert!(is_at(
            "https://mtls.id.example.com/",
            "https://id.example.com"
        ));
        assert!(is_at("https://127.0.0.1:8443/", "https://127.0.0.1"));
        for (address, of) in [
            ("https://mtls.example.com/", "https://id.example.com"),
            ("https://evilid.example.com/", "https://id.example.com"),
            (
                "https://id.example.com.evil.example/",
                "https://id.example.com",
            ),
            ("https://1.127.0.0.1.example/", "https://127.0.0.1"),
            ("https://127.0.0.2/", "https://127.0.0.1"),
        ] {
            assert!(!is_at(address, of), "{address}");
        }
    }
}
