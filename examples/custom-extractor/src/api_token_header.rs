use axum::http::{HeaderMap, HeaderName, Uri, header};
use portcullis::{AccessToken, Credentials, Reason, Rejection, RequestView, TokenExtractor};

/// The header that carries the token.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-api-token");

/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// Takes the token from `X-Api-Token`, for clients that cannot set `Authorization`.
#[derive(Debug, Clone)]
pub(crate) struct ApiTokenHeader;

impl TokenExtractor for ApiTokenHeader {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let mut values = request.headers.get_all(NAME).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            // A proxy in front may have judged the other one.
            let diagnosis = "the request has more than one `X-Api-Token`";
            return Err(Rejection::because(Reason::MalformedCredentials, diagnosis));
        }
        let token = value
            .to_str()
            .ok()
            .filter(|text| text.len() <= MAX_LENGTH)
            .and_then(|text| AccessToken::new(text).ok())
            .ok_or_else(|| Rejection::new(Reason::MalformedToken))?;
        // Caches keep what answers `Authorization` from strangers by themselves, and nothing else.
        Ok(Some(Credentials::bearer(token).with_private_answer()))
    }

    /// The layer knows `Authorization`; what other header holds a secret it is told here. Whoever
    /// prints headers further in prints `Sensitive`.
    fn cover(&self, headers: &mut HeaderMap, _: &mut Uri, strip: bool) {
        if strip {
            headers.remove(NAME);
            return;
        }
        if let header::Entry::Occupied(mut values) = headers.entry(NAME) {
            for value in values.iter_mut() {
                value.set_sensitive(true);
            }
        }
    }
}
