use http::{HeaderMap, Uri};

use super::{Credentials, RequestView, TokenExtractor};
use crate::{Reason, Rejection};

/// Two places where a token may be, see [`TokenExtractor::or`].
#[derive(Debug, Clone)]
pub struct EitherPlace<A, B> {
    one: A,
    other: B,
}

impl<A, B> EitherPlace<A, B> {
    pub(super) fn new(one: A, other: B) -> Self {
        Self { one, other }
    }
}

impl<A: TokenExtractor, B: TokenExtractor> TokenExtractor for EitherPlace<A, B> {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        match (self.one.find(request)?, self.other.find(request)?) {
            (Some(_), Some(_)) => Err(Rejection::because(
                Reason::MalformedCredentials,
                "the request has tokens in more than one place (RFC 6750 §2)",
            )),
            (one, other) => Ok(one.or(other)),
        }
    }

    fn cover(&self, headers: &mut HeaderMap, uri: &mut Uri, strip: bool) {
        self.one.cover(headers, uri, strip);
        self.other.cover(headers, uri, strip);
    }
}
