use axum::extract::OriginalUri;
use http::Uri;
use portcullis::RequestView;

/// What the client asked for, also where routers (`Router::nest`) have taken a part of the path
/// away: for `Dpop::request_uri`.
#[must_use]
pub fn original_uri(request: RequestView<'_>) -> Uri {
    match request.extensions.get() {
        Some(OriginalUri(uri)) => uri.clone(),
        None => request.uri.clone(),
    }
}
