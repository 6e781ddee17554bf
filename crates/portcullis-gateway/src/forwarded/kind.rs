use http::HeaderName;
use serde::Deserialize;

/// Which gateway asks, and so where the original request stands. What another gateway would say is never
/// looked at: this one may pass on what a client has written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GatewayKind {
    /// nginx with `auth_request`: `X-Original-Method` and `X-Original-URI`, as
    /// `portcullis-gateway config nginx` sets them.
    Nginx,
    /// Traefik's `ForwardAuth` and others like it: `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Traefik,
    /// Envoy's `ext_authz` over gRPC: the attributes of its question.
    Envoy,
}

/// How a gateway asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// A request of HTTP/1.1 whose headers say what is asked about.
    ForwardAuth,
    /// gRPC: `envoy.service.auth.v3.Authorization`.
    ExtAuthz,
}

/// Where a gateway that asks in headers says what it asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AskedHeaders {
    /// Where the method of the original request stands.
    pub method: HeaderName,
    /// Where its target stands.
    pub target: HeaderName,
    /// Where its host stands.
    pub host: HeaderName,
}

impl GatewayKind {
    /// As it stands in a file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
        }
    }

    /// How it asks.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Nginx | Self::Traefik => Protocol::ForwardAuth,
            Self::Envoy => Protocol::ExtAuthz,
        }
    }

    /// Whether it tells a host with the port that the client names. What is printed for nginx tells
    /// `$host`, which has none.
    #[must_use]
    pub const fn tells_ports(self) -> bool {
        match self {
            Self::Nginx => false,
            Self::Traefik | Self::Envoy => true,
        }
    }

    /// The headers that it asks in, if it does.
    #[must_use]
    pub const fn headers(self) -> Option<AskedHeaders> {
        let [method, target, host] = match self {
            Self::Nginx => ["x-original-method", "x-original-uri", "x-original-host"],
            Self::Traefik => ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"],
            Self::Envoy => return None,
        };
        Some(AskedHeaders {
            method: HeaderName::from_static(method),
            target: HeaderName::from_static(target),
            host: HeaderName::from_static(host),
        })
    }
}
