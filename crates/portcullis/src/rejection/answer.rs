use http::StatusCode;

/// What a class of reasons means to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 401 without an error: nothing was presented.
    Unauthenticated,
    /// 400 `invalid_request`.
    InvalidRequest,
    /// 401 `invalid_token`: the token was judged.
    InvalidToken,
    /// 401 `invalid_dpop_proof`: what came beside the token was judged.
    InvalidProof,
    /// 401 `use_dpop_nonce`.
    NeedsNonce,
    /// 401 `insufficient_user_authentication`: the token is good, another would do better.
    InsufficientAuthentication,
    /// 401 with a ticket: another token will do, and this is the way to it.
    NeedsPermission,
    /// 403 `insufficient_scope`.
    InsufficientScope,
    /// 503: we could not know.
    Unavailable,
    /// 500: the operator has to act.
    Misconfigured,
}

impl Answer {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated
            | Self::InvalidToken
            | Self::InvalidProof
            | Self::NeedsNonce
            | Self::InsufficientAuthentication
            | Self::NeedsPermission => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
