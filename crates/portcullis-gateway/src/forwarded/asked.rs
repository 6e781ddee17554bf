use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rustls_pki_types::CertificateDer;

use super::GatewayKind;
use crate::path::{CanonicalPath, PathRefusal};

/// The request that a gateway asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Its method, as the client sent it.
    pub method: Method,
    /// Its path.
    pub path: CanonicalPath,
    /// The certificate of its client, where the gateway tells it.
    pub certificate: Option<CertificateDer<'static>>,
}

/// Why a gateway's question is refused before any rule is looked at. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskedRefusal {
    /// What says what is asked about is missing: the gateway is not set up as `portcullis-gateway
    /// config` prints it, or is another one.
    #[error("header_missing")]
    HeaderMissing,
    /// Such a header stands there more than once: one of them may be the client's own.
    #[error("header_repeated")]
    HeaderRepeated,
    /// The method is none.
    #[error("bad_method")]
    BadMethod,
    /// What the client presents cannot stand in a header.
    #[error("bad_header")]
    BadHeader,
    /// What the gateway tells of the client's certificate is not one certificate.
    #[error("bad_certificate")]
    BadCertificate,
    /// The host is none of those that the rules are for.
    #[error("other_host")]
    OtherHost,
    /// The path has more than one spelling.
    #[error("path_{0}")]
    Path(#[from] PathRefusal),
}

impl Asked {
    /// A question about this request. The target is in origin form, with or without a query.
    ///
    /// # Errors
    /// When the target has no canonical path.
    pub fn new(method: Method, target: &[u8]) -> Result<Self, PathRefusal> {
        let path = CanonicalPath::of_target(target)?;
        Ok(Self {
            method,
            path,
            certificate: None,
        })
    }

    /// A question about a request of this method and this target, to this host. `hosts` are those that
    /// the rules are for, in lower case; empty for all, and then the host is not looked at.
    pub(crate) fn about<'a>(
        method: &[u8],
        target: &[u8],
        host: impl FnOnce() -> Result<&'a [u8], AskedRefusal>,
        hosts: &[String],
    ) -> Result<Self, AskedRefusal> {
        let method = Method::from_bytes(method).map_err(|_| AskedRefusal::BadMethod)?;
        if !hosts.is_empty() {
            judge_host(host()?, hosts)?;
        }
        Ok(Self::new(method, target)?)
    }

    /// What a gateway of this kind asks about. `hosts` are those that the rules are for, in lower
    /// case; empty for all.
    ///
    /// # Errors
    /// When it does not say exactly one thing, or something that has two meanings.
    pub fn read(
        kind: GatewayKind,
        headers: &HeaderMap,
        hosts: &[String],
    ) -> Result<Self, AskedRefusal> {
        let Some(names) = kind.headers() else {
            return Err(AskedRefusal::HeaderMissing);
        };
        let method = only(headers, &names.method)?.as_bytes();
        let target = only(headers, &names.target)?.as_bytes();
        let host = || only(headers, &names.host).map(HeaderValue::as_bytes);
        Self::about(method, target, host, hosts)
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, AskedRefusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(AskedRefusal::HeaderMissing),
        (Some(_), Some(_)) => Err(AskedRefusal::HeaderRepeated),
    }
}

/// Hosts are compared without their case (RFC 9110 §4.2.3), and with their port where one is given.
fn judge_host(host: &[u8], hosts: &[String]) -> Result<(), AskedRefusal> {
    let is_ours = hosts
        .iter()
        .any(|own| own.as_bytes().eq_ignore_ascii_case(host));
    if is_ours {
        Ok(())
    } else {
        Err(AskedRefusal::OtherHost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn read(
        kind: GatewayKind,
        lines: &[(&'static str, &'static str)],
    ) -> Result<Asked, AskedRefusal> {
        Asked::read(kind, &headers(lines), &[])
    }

    #[test]
    fn each_gateway_is_read_in_its_own_headers_alone() {
        let nginx = [("x-original-method", "PUT"), ("x-original-uri", "/a?b")];
        let traefik = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/c")];
        let both = [nginx, traefik].concat();
        let asked = read(GatewayKind::Nginx, &both).unwrap();
        assert_eq!((asked.method, asked.path.as_str()), (Method::PUT, "/a"));
        let asked = read(GatewayKind::Traefik, &both).unwrap();
        assert_eq!((asked.method, asked.path.as_str()), (Method::GET, "/c"));
        for (kind, others) in [(GatewayKind::Nginx, traefik), (GatewayKind::Traefik, nginx)] {
            assert_eq!(read(kind, &others), Err(AskedRefusal::HeaderMissing));
        }
    }

    #[test]
    fn a_header_that_is_missing_or_repeated_refuses() {
        for kind in [GatewayKind::Nginx, GatewayKind::Traefik] {
            let (method, target) = match kind {
                GatewayKind::Traefik => ("x-forwarded-method", "x-forwarded-uri"),
                _ => ("x-original-method", "x-original-uri"),
            };
            let good = [(method, "GET"), (target, "/")];
            assert!(read(kind, &good).is_ok());
            for lines in [&good[..1], &good[1..], &[]] {
                assert_eq!(read(kind, lines), Err(AskedRefusal::HeaderMissing));
            }
            for again in [
                (method, "GET"),
                (method, "POST"),
                (target, "/"),
                (target, "/b"),
            ] {
                let lines = [&good[..], &[again]].concat();
                assert_eq!(read(kind, &lines), Err(AskedRefusal::HeaderRepeated));
            }
            for value in ["", "G T", "GET,POST", "GET\u{9}"] {
                let lines = [(method, value), (target, "/")];
                assert_eq!(
                    read(kind, &lines),
                    Err(AskedRefusal::BadMethod),
                    "{value:?}"
                );
            }
            let lines = [(method, "GET"), (target, "/a, /b")];
            let refusal = AskedRefusal::Path(PathRefusal::BadCharacter);
            assert_eq!(read(kind, &lines), Err(refusal));
        }
    }

    #[test]
    fn what_envoy_asks_stands_in_no_header() {
        let lines = [
            ("x-original-method", "GET"),
            ("x-original-uri", "/"),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-uri", "/"),
        ];
        let refused = read(GatewayKind::Envoy, &lines);
        assert_eq!(refused, Err(AskedRefusal::HeaderMissing));
    }

    #[test]
    fn another_host_than_those_of_the_rules_refuses() {
        let hosts = ["api.example".to_owned()];
        let asked = |host: Option<&'static str>| {
            let mut lines = vec![("x-original-method", "GET"), ("x-original-uri", "/")];
            lines.extend(host.map(|host| ("x-original-host", host)));
            Asked::read(GatewayKind::Nginx, &headers(&lines), &hosts).map(|_| ())
        };
        assert_eq!(asked(Some("API.example")), Ok(()));
        assert_eq!(asked(None), Err(AskedRefusal::HeaderMissing));
        for other in ["", "api.example.evil", "api.example:8080", "api.example."] {
            assert_eq!(asked(Some(other)), Err(AskedRefusal::OtherHost), "{other}");
        }
    }
}
