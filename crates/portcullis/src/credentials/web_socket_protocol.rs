use http::{HeaderMap, HeaderValue, Uri, header};

use super::{Credentials, RequestView, TokenExtractor, lone_token::lone_token};
use crate::Rejection;

/// Takes the token from among the WebSocket subprotocols that a browser's script offers, which is
/// the one header it can set: `new WebSocket(url, ["chat", "bearer." + token])`.
///
/// The token is taken off the request, so that no answer can repeat it. Browsers close a connection
/// for which the server has chosen none of their subprotocols: let clients offer a real one beside
/// it, as above, and choose that. Tokens with `/` or `=` cannot be sent in this way; JWTs have
/// neither.
#[derive(Debug, Clone)]
pub struct WebSocketProtocol {
    prefix: String,
}

impl WebSocketProtocol {
    /// The subprotocol that begins with this, such as `bearer.`, and goes on with the token.
    #[must_use]
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }

    fn token<'a>(&self, protocol: &'a [u8]) -> Option<&'a [u8]> {
        protocol.strip_prefix(self.prefix.as_bytes())
    }
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

impl TokenExtractor for WebSocketProtocol {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let tokens = offered(request.headers).filter_map(|protocol| self.token(protocol));
        let token = lone_token("subprotocols", tokens)?;
        Ok(token.map(Credentials::bearer))
    }

    fn cover(&self, headers: &mut HeaderMap, _: &mut Uri, _: bool) {
        if !offered(headers).any(|protocol| self.token(protocol).is_some()) {
            return;
        }
        let others = offered(headers).filter(|protocol| self.token(protocol).is_none());
        let others = others.collect::<Vec<_>>().join(b", ".as_slice());
        headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
        if let (false, Ok(others)) = (others.is_empty(), HeaderValue::from_bytes(&others)) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, others);
        }
    }
}
