//! A form body without repeated parameters, as the token, introspection and revocation endpoints take it.

use super::oauth_error;
use crate::{answer::Answer, record::RecordedRequest};

#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The form of a request, or the answer to one that has none.
    pub(crate) fn read(request: &RecordedRequest) -> Result<Self, Answer> {
        let content_type = request.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(oauth_error(
                415,
                "invalid_request",
                "The body has to be a form.",
            ));
        }
        let parameters = request.form();
        for (position, (name, _)) in parameters.iter().enumerate() {
            if parameters
                .iter()
                .skip(position + 1)
                .any(|(other, _)| other == name)
            {
                return Err(oauth_error(400, "invalid_request", "duplicated parameter"));
            }
        }
        Ok(Self(parameters))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}
