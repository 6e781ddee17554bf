use http::HeaderName;
use serde::Deserialize;

/// Which gateway asks, and so in which headers the original request stands. Those of another gateway
/// are never looked at: this one may pass on what a client has written into them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GatewayKind {
    /// nginx with `auth_request`: `X-Original-Method` and `X-Original-URI`, as
    /// `portcullis-gateway config nginx` sets them.
    Nginx,
    /// Traefik's `ForwardAuth` and others like it: `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Traefik,
}

impl GatewayKind {
    /// Where the method of the original request stands.
    #[must_use]
    pub const fn method_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Nginx => "x-original-method",
            Self::Traefik => "x-forwarded-method",
        })
    }

    /// Where its target stands.
    #[must_use]
    pub const fn target_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Nginx => "x-original-uri",
            Self::Traefik => "x-forwarded-uri",
        })
    }

    /// Where its host stands.
    #[must_use]
    pub const fn host_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Nginx => "x-original-host",
            Self::Traefik => "x-forwarded-host",
        })
    }
}
