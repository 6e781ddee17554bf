use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use portcullis::Limits;
use serde_json::Value;

use crate::doctor::settings::Settings;

/// What the userinfo endpoint makes of a token (OpenID Connect Core 1.0 §5.3): it does not ask who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Alive,
    Over,
    /// There is no such endpoint, or it says neither: it may want another scope.
    Untold,
}

/// Shows the token to the issuer's own host, and to no other.
pub(super) async fn standing(settings: &Settings, metadata: &Value, token: &str) -> Standing {
    const DEADLINE: Duration = Duration::from_secs(5);
    const LONGEST: usize = 256 * 1024;
    let Some(request) = request(settings, metadata, token) else {
        return Standing::Untold;
    };
    let limits = Limits::new(DEADLINE, LONGEST);
    let exchange = settings.witness.ask(request, limits).await;
    match exchange.and_then(|exchange| exchange.status()) {
        Some(StatusCode::OK) => Standing::Alive,
        Some(StatusCode::UNAUTHORIZED) => Standing::Over,
        _ => Standing::Untold,
    }
}

fn request(settings: &Settings, metadata: &Value, token: &str) -> Option<Request<Bytes>> {
    let endpoint = metadata.get("userinfo_endpoint")?.as_str()?;
    let url = settings.own_endpoint(endpoint)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    bearer.set_sensitive(true);
    let request = Request::get(url.as_str()).header(header::AUTHORIZATION, bearer);
    request.body(Bytes::new()).ok()
}
