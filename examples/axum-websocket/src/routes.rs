use std::time::Duration;

use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::Response,
    routing::{any, get},
};
use portcullis::{
    AuthenticateLayer, AuthorizationHeader, CanAsk, ConfigError, Issuer, TokenExtractor,
    WebSocketProtocol,
};
use portcullis_axum::{Claims, Token, backchannel_logout_route, readiness_route};
use serde::Deserialize;
use tokio::sync::watch;
use tower_http::{timeout::TimeoutLayer, trace::TraceLayer};

use crate::{
    chat::chat,
    origin::{Origins, check},
};

/// The subprotocol that is spoken here.
const CHAT: &str = "chat";
/// What the token follows upon in the subprotocol that carries it.
const TOKEN: &str = "bearer.";

/// What all sockets have in common.
#[derive(Clone)]
pub(crate) struct Sockets {
    /// How old Keycloak's answer about the token of a socket may become.
    pub(crate) recheck_every: Duration,
    /// Changes when the service stops.
    pub(crate) stopping: watch::Receiver<()>,
}

/// The whole service. `is_told` where Keycloak tells of logouts.
pub(crate) fn router(
    realm: &Issuer<CanAsk>,
    is_told: bool,
    origins: Vec<String>,
    sockets: Sockets,
) -> Result<Router, ConfigError> {
    // Scripts in browsers can set no header but this one: `new WebSocket(url, ["chat", "bearer." + token])`.
    // All others send `Authorization`, as ever.
    let places = AuthorizationHeader::default().or(WebSocketProtocol::with_prefix(TOKEN));
    let protected = Router::new()
        .route("/chat", any(open))
        .with_state(sockets)
        .layer(AuthenticateLayer::new(realm.hybrid()).extractor(places))
        .layer(from_fn_with_state(Origins::new(origins), check));

    // Its messages are signed, and bring no token: it stands beside the layer and never behind it.
    let notices = if is_told {
        let receiver = realm.logout_receiver()?;
        Router::new().route("/backchannel-logout", backchannel_logout_route(receiver))
    } else {
        Router::new()
    };

    // Outside in: trace, timeout, origin, authentication. The timeout is that of the handshake.
    let traced = protected
        .merge(notices)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        // Portcullis logs each 500 and 503 of its own with the reason; a second line would have
        // none.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    let readiness = realm.clone();
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(move || readiness.readiness()))
        .merge(traced))
}

/// The claims this service cares for.
#[derive(Deserialize)]
struct User {
    sub: String,
}

/// The handshake: whoever comes this far has a good token.
async fn open(
    State(sockets): State<Sockets>,
    Claims(user): Claims<User>,
    token: Token,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (token, name) = (token.into_inner(), user.sub.clone());
    upgrade
        // Browsers close a socket for which none of their subprotocols was chosen. The one with the
        // token is not among them any more: the layer has taken it off.
        .protocols([CHAT])
        .max_message_size(64 * 1024)
        .on_upgrade(move |socket| chat(socket, token, name, sockets))
}
