use http::StatusCode;

/// What whoever has sent a security event is told (RFC 8935 §2.2 to §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityEventReceipt {
    /// It was taken. Also one that was known already, and one that is of no consequence here.
    Taken,
    /// It is none for us. It changes nothing.
    Refused(SecurityEventError),
    /// Whoever has sent it has not the `Authorization` that was agreed upon.
    Unauthorized,
    /// It is too long to be one.
    TooLong,
    /// Whether it is one cannot be told before the issuer's keys can be had. It has to be sent again.
    Pending,
}

/// Why a security event is refused: the codes of RFC 8935 §2.4, and one of SSF 1.0 §8.1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityEventError {
    /// It is no security event token of the Shared Signals Framework.
    InvalidRequest,
    /// It is not signed by a key of the issuer.
    InvalidKey,
    /// It is from another issuer.
    InvalidIssuer,
    /// It is for another receiver.
    InvalidAudience,
    /// It verifies a stream, by another `state` than the expected one.
    InvalidState,
}

impl SecurityEventReceipt {
    /// 202, 400, 401, 413 or 503. An answer should have `Cache-Control: no-store`.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Taken => StatusCode::ACCEPTED,
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Pending => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The members `err` and `description` of a JSON body, the latter in English; `None` where the
    /// body is empty.
    #[must_use]
    pub const fn error(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Taken | Self::Pending => None,
            Self::Refused(error) => Some((error.code(), error.description())),
            Self::Unauthorized => Some((
                "authentication_failed",
                "The request has not the Authorization that was agreed upon",
            )),
            Self::TooLong => Some(("invalid_request", "The security event is too long")),
        }
    }
}

impl SecurityEventError {
    /// The code, as it stands in `err`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidKey => "invalid_key",
            Self::InvalidIssuer => "invalid_issuer",
            Self::InvalidAudience => "invalid_audience",
            Self::InvalidState => "invalid_state",
        }
    }

    /// A fixed sentence in English.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => "This is no security event that is accepted here",
            Self::InvalidKey => "The security event is not signed by a key of its issuer",
            Self::InvalidIssuer => "The security event is from an issuer that is unknown here",
            Self::InvalidAudience => "The security event is for somebody else",
            Self::InvalidState => "The state is not the one that was asked for",
        }
    }
}
