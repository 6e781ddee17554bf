use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use portcullis::Limits;
use serde_json::Value;
use url::Url;

use crate::doctor::settings::Settings;

/// What Keycloak's login page says of a client. The introspection endpoint says the same of one that is
/// switched off and of one that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Disabled,
    Unknown,
    /// It is there, or the page does not say.
    Untold,
}

/// Asks for the page as a browser does. Nothing but the client's id is sent, to the issuer's own host.
pub(super) async fn standing(settings: &Settings, metadata: &Value, client: &str) -> Standing {
    match page(settings, metadata, client).await.as_deref() {
        Some(page) if page.contains("Client disabled") => Standing::Disabled,
        Some(page) if page.contains("Client not found") => Standing::Unknown,
        _ => Standing::Untold,
    }
}

async fn page(settings: &Settings, metadata: &Value, client: &str) -> Option<String> {
    const DEADLINE: Duration = Duration::from_secs(5);
    const LONGEST: usize = 256 * 1024;
    let endpoint = metadata.get("authorization_endpoint")?.as_str()?;
    let parameters = [("client_id", client), ("response_type", "code")];
    let endpoint = settings.own_endpoint(endpoint)?;
    let url = Url::parse_with_params(endpoint.as_str(), parameters).ok()?;
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url.as_str().parse().ok()?;
    // The words are compared, so they have to be those of one language.
    let english = HeaderValue::from_static("en");
    request
        .headers_mut()
        .insert(header::ACCEPT_LANGUAGE, english);
    let limits = Limits::new(DEADLINE, LONGEST);
    let exchange = settings.witness.ask(request, limits).await?;
    let answer = exchange.answer()?;
    let is_an_error = answer.status() == StatusCode::BAD_REQUEST;
    is_an_error.then(|| String::from_utf8_lossy(answer.body()).into_owned())
}
