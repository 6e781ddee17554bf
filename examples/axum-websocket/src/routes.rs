use std::time::Duration;

use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    http::{StatusCode, header::RETRY_AFTER},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use portcullis::{
    AuthenticateLayer, AuthorizationHeader, CanAsk, ConfigError, Issuer, Readiness, TokenExtractor,
    WebSocketProtocol,
};
use portcullis_axum::{Claims, Token, backchannel_logout_route, readiness_route};
use serde::Deserialize;
use tower_http::{timeout::TimeoutLayer, trace::TraceLayer};

use crate::{
    chat::chat,
    origin::{Origins, check},
    sockets::{Full, Sockets},
};

/// The subprotocol that is spoken here.
const CHAT: &str = "chat";
/// What the token follows upon in the subprotocol that carries it.
const TOKEN: &str = "bearer.";

/// How long a message may be, in bytes: all of it, and each of its frames, which are kept in memory as
/// they come.
const MESSAGE: usize = 64 * 1024;

/// The whole service. `is_told` where Keycloak tells of logouts; `readiness` tells whether tokens can be
/// judged.
pub(crate) fn router(
    realm: &Issuer<CanAsk>,
    is_told: bool,
    origins: Vec<String>,
    sockets: Sockets,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
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
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
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
    let place = match sockets.place(&user.sub) {
        Ok(place) => place,
        Err(Full::OfCaller) => {
            let too_many = "there are too many sockets of yours\n";
            return (StatusCode::TOO_MANY_REQUESTS, too_many).into_response();
        }
        Err(Full::OfAll) => {
            let later = [(RETRY_AFTER, "10")];
            let too_many = "there are too many sockets\n";
            return (StatusCode::SERVICE_UNAVAILABLE, later, too_many).into_response();
        }
    };
    let (token, name) = (token.into_inner(), user.sub.clone());
    upgrade
        // Browsers close a socket for which none of their subprotocols was chosen. The one with the
        // token is not among them any more: the layer has taken it off.
        .protocols([CHAT])
        .max_message_size(MESSAGE)
        .max_frame_size(MESSAGE)
        .on_upgrade(move |socket| chat(socket, token, name, sockets.recheck_every, place))
}
