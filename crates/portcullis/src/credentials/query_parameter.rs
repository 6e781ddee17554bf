use http::{HeaderMap, Uri};

use super::{Credentials, RequestView, TokenExtractor, lone_token::lone_token};
use crate::Rejection;

/// Takes the token from a parameter of the query, `access_token` unless named otherwise (RFC 6750
/// §2.3): for clients that can set no header, such as `EventSource` or links to downloads.
///
/// **A query is written into logs, histories and `Referer` headers all over the way**, which is why
/// RFC 9700 §4.3.2 advises against it and why it is off unless chosen. Keep such tokens short-lived,
/// and trace layers outside of this one from printing the target. Where the layer takes tokens off
/// the request, a copy that a framework has made of the target before (axum's `OriginalUri`) still
/// has it. Answers to such requests are private (`Cache-Control`).
#[derive(Debug, Clone)]
pub struct QueryParameter {
    name: String,
}

impl Default for QueryParameter {
    fn default() -> Self {
        Self::named("access_token")
    }
}

impl QueryParameter {
    /// A parameter of this name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl TokenExtractor for QueryParameter {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let query = request.uri.query().unwrap_or_default();
        let values = form_urlencoded::parse(query.as_bytes())
            .filter_map(|(name, value)| (name == *self.name).then_some(value.into_owned()));
        let token = lone_token("query", values)?;
        Ok(token.map(|token| Credentials::bearer(token).with_private_answer()))
    }

    fn cover(&self, _: &mut HeaderMap, uri: &mut Uri, strip: bool) {
        if strip && let Some(without) = without_parameter(uri, &self.name) {
            *uri = without;
        }
    }
}

/// The address without the parameters of this name; `None` where there are none.
fn without_parameter(uri: &Uri, name: &str) -> Option<Uri> {
    let query = uri.query()?;
    let is_other = |pair: &&str| {
        let mut parsed = form_urlencoded::parse(pair.as_bytes());
        parsed.next().is_none_or(|(own, _)| own != name)
    };
    let others: Vec<&str> = query.split('&').filter(is_other).collect();
    let others = others.join("&");
    if others.len() == query.len() {
        return None;
    }
    let path = uri.path();
    let target = if others.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{others}")
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.try_into().ok()?);
    Uri::from_parts(parts).ok()
}
