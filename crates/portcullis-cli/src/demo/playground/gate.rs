//! Who may use the page. Loopback is no protection: any website that is open in the browser can send
//! requests to it.

use std::{fmt, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{refusal::Refusal, unguessable::unguessable};

/// The header that the page sends its key in. No other site can send it without a preflight, which
/// nobody here answers.
const KEY: HeaderName = HeaderName::from_static("x-portcullis-key");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the start URL has and nobody else.
#[derive(Clone)]
pub(super) struct StartKey(Arc<str>);

impl StartKey {
    /// A fresh key.
    pub(super) fn random() -> Result<Self, std::io::Error> {
        Ok(Self(unguessable()?.into()))
    }

    fn is(&self, presented: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), presented).is_ok()
    }
}

impl fmt::Debug for StartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartKey([redacted])")
    }
}

/// Lets the page through that was started from the printed URL, and nobody else.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    origin: Arc<str>,
    key: StartKey,
}

impl Gate {
    /// The gate of the page at this origin.
    pub(super) fn new(origin: &str) -> Result<Self, std::io::Error> {
        Ok(Self {
            origin: origin.into(),
            key: StartKey::random()?,
        })
    }

    /// The URL to open. The key is in its fragment, which is sent to nobody.
    pub(super) fn start_url(&self) -> String {
        format!("{}/#key={}", self.origin, self.key.0)
    }

    fn judge(&self, request: &Request) -> Result<(), Refusal> {
        let headers = request.headers();
        if request.method() != Method::POST {
            let sentence = "an action is a POST";
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, sentence));
        }
        if single(headers, &header::ORIGIN) != Some(self.origin.as_bytes()) {
            return Err(Refusal::forbidden("the request is not from this page"));
        }
        let site = single(headers, &SEC_FETCH_SITE);
        if headers.contains_key(SEC_FETCH_SITE) && site != Some(b"same-origin") {
            return Err(Refusal::forbidden("the request is not from this page"));
        }
        let key = single(headers, &KEY);
        if key.is_some_and(|key| self.key.is(key)) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "the page was not opened by the URL that the demo has printed",
        ))
    }
}

/// For actions: a POST by the page itself, which has the key.
pub(super) async fn action(
    State(gate): State<Gate>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    gate.judge(&request)?;
    Ok(next.run(request).await)
}

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}
