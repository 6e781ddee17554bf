use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rustls_pki_types::CertificateDer;

use super::{GatewayKind, Hosts};
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
    /// Its host, or why nobody knows it: that matters only where hosts are named.
    host: Result<HeaderValue, AskedRefusal>,
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
    /// The host is none of those that the rules are for, or that the upstream of its rule serves.
    #[error("other_host")]
    OtherHost,
    /// The path has more than one spelling.
    #[error("path_{0}")]
    Path(#[from] PathRefusal),
}

impl Asked {
    /// A question about this request, which says nothing of its host. The target is in origin form, with
    /// or without a query.
    ///
    /// # Errors
    /// When the target has no canonical path.
    pub fn new(method: Method, target: &[u8]) -> Result<Self, PathRefusal> {
        let path = CanonicalPath::of_target(target)?;
        Ok(Self {
            method,
            path,
            certificate: None,
            host: Err(AskedRefusal::HeaderMissing),
        })
    }

    /// The same about a request to this host, with its port where the client names one.
    #[must_use]
    pub fn to_host(self, host: HeaderValue) -> Self {
        Self {
            host: Ok(host),
            ..self
        }
    }

    /// A question about a request of this method and this target, to this host.
    pub(crate) fn about(
        method: &[u8],
        target: &[u8],
        host: Result<HeaderValue, AskedRefusal>,
    ) -> Result<Self, AskedRefusal> {
        let method = Method::from_bytes(method).map_err(|_| AskedRefusal::BadMethod)?;
        Ok(Self {
            host,
            ..Self::new(method, target)?
        })
    }

    /// What a gateway of this kind asks about.
    ///
    /// # Errors
    /// When it does not say exactly one thing, or something that has two meanings.
    pub fn read(kind: GatewayKind, headers: &HeaderMap) -> Result<Self, AskedRefusal> {
        let Some(names) = kind.headers() else {
            return Err(AskedRefusal::HeaderMissing);
        };
        let method = only(headers, &names.method)?.as_bytes();
        let target = only(headers, &names.target)?.as_bytes();
        let host = only(headers, &names.host).cloned();
        Self::about(method, target, host)
    }

    /// Whether the request is to one of these hosts; where none are named, its host is not looked at.
    pub(crate) fn judge_host(&self, hosts: Option<&Hosts>) -> Result<(), AskedRefusal> {
        let Some(hosts) = hosts else {
            return Ok(());
        };
        match &self.host {
            Ok(host) if hosts.contain(host.as_bytes()) => Ok(()),
            Ok(_) => Err(AskedRefusal::OtherHost),
            Err(refusal) => Err(*refusal),
        }
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
        Asked::read(kind, &headers(lines))
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
    fn a_host_is_judged_where_hosts_are_named() {
        let hosts = Hosts::new(["api.example"]).unwrap();
        for (kind, lines, name) in [
            (
                GatewayKind::Nginx,
                [("x-original-method", "GET"), ("x-original-uri", "/")],
                "x-original-host",
            ),
            (
                GatewayKind::Traefik,
                [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")],
                "x-forwarded-host",
            ),
        ] {
            let asked = |told: &[&'static str]| {
                let told: Vec<_> = told.iter().map(|host| (name, *host)).collect();
                read(kind, &[&lines[..], &told].concat()).unwrap()
            };
            let judged = |told: &[&'static str]| asked(told).judge_host(Some(&hosts));
            assert_eq!(judged(&["API.example"]), Ok(()));
            assert_eq!(judged(&[]), Err(AskedRefusal::HeaderMissing));
            let twice = judged(&["api.example", "api.example"]);
            assert_eq!(twice, Err(AskedRefusal::HeaderRepeated));
            for other in ["", "api.example.evil", "api.example:8080", "api.example."] {
                assert_eq!(judged(&[other]), Err(AskedRefusal::OtherHost), "{other}");
            }
            for told in [&["shop.example"][..], &[], &["a.example", "b.example"]] {
                assert_eq!(asked(told).judge_host(None), Ok(()));
            }
        }
    }

    #[test]
    fn a_question_of_ones_own_says_its_host() {
        let hosts = Hosts::new(["api.example"]).unwrap();
        let asked = Asked::new(Method::GET, b"/").unwrap();
        let missing = asked.judge_host(Some(&hosts));
        assert_eq!(missing, Err(AskedRefusal::HeaderMissing));
        let asked = asked.to_host(HeaderValue::from_static("api.example"));
        assert_eq!(asked.judge_host(Some(&hosts)), Ok(()));
    }
}
