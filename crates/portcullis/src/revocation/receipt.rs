use http::StatusCode;

/// What whoever has sent a notice is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeReceipt {
    /// It was taken. Also one that was known already, and one about what was never seen.
    Taken,
    /// It is no notice for us. It changes nothing.
    Refused,
    /// It is too long to be one.
    TooLong,
    /// Whether it is one cannot be told before the issuer's keys can be had.
    Pending,
}

impl NoticeReceipt {
    /// 200, 400, 413 or 503. An answer should have `Cache-Control: no-store`.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Taken => StatusCode::OK,
            Self::Refused => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Pending => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The member `error` of a JSON body, and a fixed sentence beside it; `None` when it was taken.
    #[must_use]
    pub const fn error(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Taken => None,
            Self::Refused => Some(("invalid_request", "This is no notice that is accepted here")),
            Self::TooLong => Some(("invalid_request", "The notice is too long")),
            Self::Pending => Some((
                "temporarily_unavailable",
                "The notice cannot be verified at the moment",
            )),
        }
    }
}
