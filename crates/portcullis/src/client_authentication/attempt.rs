use std::{borrow::Cow, fmt};

use http::HeaderValue;

use crate::{Timestamp, discovery::ClientTarget};

/// Of what an attempt is made, apart from the client's own settings.
#[derive(Debug)]
pub(crate) struct Occasion<'a> {
    /// The issuer's identifier.
    pub(crate) issuer: &'a str,
    pub(crate) target: &'a ClientTarget,
    pub(crate) now: Timestamp,
}

/// What one attempt puts into its request to say who asks. All of it is secret.
#[derive(Default)]
pub(crate) struct Attempt {
    /// The `Authorization` header, marked sensitive.
    pub(crate) header: Option<HeaderValue>,
    pub(crate) form: Vec<(&'static str, String)>,
}

/// Why we cannot say who asks. Nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthenticationError {
    /// Our own configuration does not fit the server.
    #[error("{0}")]
    Misfit(Cow<'static, str>),
    /// What is needed could not be had.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
}

impl AuthenticationError {
    /// What proves who asks did not come in time.
    pub(crate) fn overdue() -> Self {
        Self::Unavailable("the credentials for the call did not come in time".into())
    }
}

impl Attempt {
    /// By such a header alone.
    pub(super) fn by_header(authorization: HeaderValue) -> Self {
        Self {
            header: Some(authorization),
            form: Vec::new(),
        }
    }

    pub(super) fn by_form(form: Vec<(&'static str, String)>) -> Self {
        Self { header: None, form }
    }
}

/// An `Authorization` header, marked sensitive.
pub(super) fn authorization(
    scheme: &'static str,
    credentials: &str,
) -> Result<HeaderValue, AuthenticationError> {
    let header = HeaderValue::try_from(format!("{scheme} {credentials}"));
    let mut header = header.map_err(|_| {
        AuthenticationError::Misfit("the credentials cannot stand in a header".into())
    })?;
    header.set_sensitive(true);
    Ok(header)
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt([redacted])")
    }
}
