use std::sync::Arc;

use super::header::JoseHeader;

/// A header that was read before: nearly all tokens of a key have the very same.
#[derive(Debug)]
pub(crate) struct KnownHeader {
    /// As it was sent.
    text: Box<[u8]>,
    header: Arc<JoseHeader>,
}

impl KnownHeader {
    pub(super) fn new(text: &[u8], header: Arc<JoseHeader>) -> Self {
        let text = text.into();
        Self { text, header }
    }

    /// What this text says, if it is the one that is known.
    pub(super) fn header_of(&self, text: &[u8]) -> Option<Arc<JoseHeader>> {
        (*self.text == *text).then(|| self.header.clone())
    }

    /// Whether it is the header of a token that has just been read.
    pub(crate) fn is_of(&self, jws: &super::Jws<'_>) -> bool {
        Arc::ptr_eq(&self.header, &jws.header)
    }
}
