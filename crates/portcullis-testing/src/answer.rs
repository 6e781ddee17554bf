//! An HTTP answer as it goes over the wire, well-formed or not.

use serde_json::Value;

/// An HTTP answer. Nothing is checked, so that a test can say anything: a status of 299, a
/// header that no server would send, a body that is not what its content type says.
///
/// `Content-Length` and `Date` are added where they are not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An answer with this status, no header and no body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A 200 with this JSON as `application/json`.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self::new(200)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Another status.
    #[must_use]
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header and replaces what it was. To send one twice, see [`Answer::append_header`].
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set_header(name, Some(value.into()));
        self
    }

    /// Adds a header to those of the same name.
    #[must_use]
    pub fn append_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body, any bytes.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn set_header(&mut self, name: &str, value: Option<String>) {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if let Some(value) = value {
            self.headers.push((name.to_owned(), value));
        }
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}
