use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    certificate,
    wire::{AttributeContext, CheckRequest, HttpRequest, Request},
};
use crate::forwarded::{Asked, AskedRefusal};

/// What Envoy asks about, and in which form its client reads refusals.
pub(super) struct Question {
    pub(super) asked: Result<Asked, AskedRefusal>,
    /// What the client presents: of its headers, those that are judged.
    pub(super) presented: HeaderMap,
    pub(super) is_grpc: bool,
}

/// The headers of a client that are read; where Envoy sends more of them, they are passed over.
const READ: [HeaderName; 3] = [
    header::AUTHORIZATION,
    HeaderName::from_static("dpop"),
    header::CONTENT_TYPE,
];

impl Question {
    pub(super) fn of(request: CheckRequest) -> Self {
        let Some(AttributeContext {
            source,
            request: Some(Request { http: Some(http) }),
        }) = request.attributes
        else {
            return Self::refused(AskedRefusal::HeaderMissing);
        };
        let presented = match presented(&http) {
            Ok(presented) => presented,
            Err(refusal) => return Self::refused(refusal),
        };
        let certificate = source.map(|peer| peer.certificate).unwrap_or_default();
        Self {
            asked: asked(&http, &certificate),
            is_grpc: is_grpc(&presented),
            presented,
        }
    }

    /// Nothing that can be let in.
    pub(super) fn refused(refusal: AskedRefusal) -> Self {
        Self {
            asked: Err(refusal),
            presented: HeaderMap::new(),
            is_grpc: false,
        }
    }
}

fn asked(http: &HttpRequest, certificate: &[u8]) -> Result<Asked, AskedRefusal> {
    // What cannot stand in a header is nobody's host.
    let host = HeaderValue::from_maybe_shared(http.host.clone());
    let host = host.map_err(|_| AskedRefusal::OtherHost);
    let mut asked = Asked::about(&http.method, &http.path, host)?;
    asked.certificate = certificate::read(certificate)?;
    Ok(asked)
}

/// Line by line where Envoy gives them so, else as it has joined them. Envoy never does both: whoever does
/// could mean one and have the other read.
fn presented(http: &HttpRequest) -> Result<HeaderMap, AskedRefusal> {
    let mut presented = HeaderMap::new();
    match (&http.header_map, http.headers.is_empty()) {
        (Some(_), false) => return Err(AskedRefusal::HeaderRepeated),
        (Some(map), true) => {
            for line in &map.headers {
                let value = match (line.value.is_empty(), line.raw_value.is_empty()) {
                    (_, true) => &line.value,
                    (true, false) => &line.raw_value,
                    (false, false) => return Err(AskedRefusal::HeaderRepeated),
                };
                push(&mut presented, &line.key, value)?;
            }
        }
        (None, _) => {
            for entry in &http.headers {
                push(&mut presented, &entry.key, &entry.value)?;
            }
            // A map has each of its keys once.
            if presented.keys_len() < presented.len() {
                return Err(AskedRefusal::HeaderRepeated);
            }
        }
    }
    Ok(presented)
}

fn push(presented: &mut HeaderMap, key: &[u8], value: &Bytes) -> Result<(), AskedRefusal> {
    let name = READ
        .into_iter()
        .find(|name| key.eq_ignore_ascii_case(name.as_ref()));
    let Some(name) = name else {
        return Ok(());
    };
    let mut value =
        HeaderValue::from_maybe_shared(value.clone()).map_err(|_| AskedRefusal::BadHeader)?;
    value.set_sensitive(true);
    presented.append(name, value);
    Ok(())
}

/// Whether Envoy takes a request for gRPC, and so makes a gRPC status of its refusal.
fn is_grpc(presented: &HeaderMap) -> bool {
    let Some(content_type) = presented.get(header::CONTENT_TYPE) else {
        return false;
    };
    match content_type.as_bytes().strip_prefix(b"application/grpc") {
        Some(rest) => matches!(rest.first(), None | Some(b'+')),
        None => false,
    }
}

#[cfg(test)]
mod tests;
