use std::{borrow::Cow, sync::Arc};

use crate::{
    Algorithm, Rejection,
    claims::{ClaimError, JsonError},
    jwks::{KeyQuery, Keys, NoKey, SignedText},
    jws::Jws,
};

/// Who signs the notices and the lists of an issuer: whoever has its keys, and nobody else.
#[derive(Debug, Clone)]
pub(crate) struct Signatory {
    pub(crate) keys: Keys,
    pub(crate) algorithms: Arc<[Algorithm]>,
    /// What is signed.
    pub(crate) text: SignedText,
}

/// Why a notice is not taken. For the log: it may tell of our own configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoticeError {
    /// It is none, not for us, or not from the issuer.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// Whether it is from the issuer cannot be told at the moment.
    #[error("{0}")]
    KeysUnavailable(String),
}

impl NoticeError {
    pub(crate) fn refused(problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<JsonError> for NoticeError {
    fn from(error: JsonError) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<ClaimError> for NoticeError {
    fn from(error: ClaimError) -> Self {
        Self::refused(error.to_string())
    }
}

impl Signatory {
    /// Reads a signed text; nothing is known of its signature yet.
    pub(crate) fn read<'a>(&self, text: &'a str) -> Result<Jws<'a>, NoticeError> {
        Jws::parse(text, &self.algorithms).map_err(|rejection| diagnosed(&rejection))
    }

    /// Finds out whether the issuer has signed the text, by a fetch of its keys if need be.
    pub(crate) async fn check(&self, jws: &Jws<'_>, query: &KeyQuery) -> Result<(), NoticeError> {
        match self.keys.find_for(self.text, query).await {
            Ok(keys) if jws.is_signed_by(&keys, query) => Ok(()),
            Ok(_) => Err(NoticeError::refused(
                "its signature is not that of the issuer's key",
            )),
            Err(NoKey::Unknown(rejection)) => Err(diagnosed(&rejection)),
            Err(NoKey::Unavailable(rejection)) => Err(NoticeError::KeysUnavailable(
                rejection.diagnosis().detail().to_owned(),
            )),
        }
    }

    /// Whether the keys that are here can tell who has signed.
    pub(super) fn can_tell(&self, query: &KeyQuery) -> bool {
        self.keys.known_for_notice(query).is_some()
    }
}

fn diagnosed(rejection: &Rejection) -> NoticeError {
    NoticeError::refused(rejection.diagnosis().detail().to_owned())
}
