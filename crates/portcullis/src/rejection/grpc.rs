//! Refusals in gRPC: HTTP 200 and a status in the headers, with no tonic type in sight.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version, header};

use super::{Rejection, answer::Answer};

/// Which of gRPC's content types a request came with, and its answer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcFlavor {
    /// `application/grpc`: gRPC over HTTP/2.
    Grpc,
    /// `application/grpc-web`.
    Web,
    /// `application/grpc-web-text`: the same in base64.
    WebText,
}

impl GrpcFlavor {
    /// The flavor of a request, `None` for plain HTTP.
    ///
    /// The content type alone proves nothing: a refusal with status 200 is for those who read
    /// `grpc-status`. gRPC is always `POST`, and only its web flavors do without HTTP/2.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        if request.method() != Method::POST {
            return None;
        }
        let flavor = Self::named(request.headers().get(header::CONTENT_TYPE)?)?;
        (flavor != Self::Grpc || request.version() >= Version::HTTP_2).then_some(flavor)
    }

    /// The flavor that a `content-type` names, in whatever case and with whatever suffix
    /// (`application/grpc+proto`) or parameters; `None` for every other one, such as
    /// `application/grpcish`. That a request is gRPC takes more: see
    /// [`AuthenticateLayer::answer_grpc`](crate::AuthenticateLayer::answer_grpc).
    #[must_use]
    pub fn named(content_type: &HeaderValue) -> Option<Self> {
        let content_type = content_type.as_bytes();
        if starts_with(content_type, b"application/grpc-web-text") {
            Some(Self::WebText)
        } else if starts_with(content_type, b"application/grpc-web") {
            Some(Self::Web)
        } else if starts_with(content_type, b"application/grpc") {
            Some(Self::Grpc)
        } else {
            None
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Grpc => "application/grpc",
            Self::Web => "application/grpc-web+proto",
            Self::WebText => "application/grpc-web-text+proto",
        })
    }
}

/// Whether a media type is `kind` itself or `kind` with a suffix or parameters, not merely a
/// longer name.
fn starts_with(content_type: &[u8], kind: &[u8]) -> bool {
    let Some((start, rest)) = content_type.split_at_checked(kind.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(kind) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// `UNAUTHENTICATED` 16, `PERMISSION_DENIED` 7, `UNAVAILABLE` 14, `INTERNAL` 13.
pub(super) const fn code(answer: Answer) -> u8 {
    match answer {
        Answer::Unauthenticated
        | Answer::InvalidRequest
        | Answer::InvalidToken
        | Answer::InvalidProof
        | Answer::NeedsNonce
        | Answer::InsufficientAuthentication
        | Answer::NeedsPermission => 16,
        Answer::InsufficientScope => 7,
        Answer::Unavailable => 14,
        Answer::Misconfigured => 13,
    }
}

/// The headers of an answer that consists of headers alone ("Trailers-Only").
pub(super) fn write_trailers_only(
    rejection: &Rejection,
    flavor: GrpcFlavor,
    headers: &mut HeaderMap,
) {
    headers.insert(header::CONTENT_TYPE, flavor.content_type());
    let status = HeaderValue::from(u16::from(rejection.grpc_code()));
    headers.insert(HeaderName::from_static("grpc-status"), status);
    if let Ok(message) = HeaderValue::try_from(percent_encoded(rejection.description())) {
        headers.insert(HeaderName::from_static("grpc-message"), message);
    }
    if let Some(wait) = rejection.retry_after() {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let pushback = HeaderValue::from(milliseconds);
        headers.insert(HeaderName::from_static("grpc-retry-pushback-ms"), pushback);
    }
}

/// `grpc-message` keeps printable ASCII but `%`; every other byte is percent-encoded.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        if (0x20..0x7f).contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_percent_encoded_but_for_printable_ascii() {
        assert_eq!(percent_encoded("50% of é\n"), "50%25 of %C3%A9%0A");
    }

    #[test]
    fn only_grpc_content_types_are_grpc() {
        let flavor = |content_type: &'static str| {
            let request = Request::post("/")
                .version(Version::HTTP_2)
                .header(header::CONTENT_TYPE, content_type)
                .body(());
            GrpcFlavor::of(&request.unwrap())
        };
        assert_eq!(flavor("application/grpc"), Some(GrpcFlavor::Grpc));
        assert_eq!(flavor("Application/GRPC+proto"), Some(GrpcFlavor::Grpc));
        assert_eq!(flavor("application/grpc-web+proto"), Some(GrpcFlavor::Web));
        assert_eq!(
            flavor("application/grpc-web-text"),
            Some(GrpcFlavor::WebText)
        );
        assert_eq!(flavor("application/grpcish"), None);
        assert_eq!(flavor("application/json"), None);
    }
}
