use axum::{
    body::{Body, to_bytes},
    extract::Request,
    routing::{MethodRouter, any},
};
use http::{Method, header};
use portcullis::{LogoutReceiver, NoticeReceipt};

use crate::{notice::respond, single_header::single_header};

/// A route for the logout tokens of one issuer (OpenID Connect Back-Channel Logout 1.0 §2.5).
///
/// `POST` of a form with one `logout_token` answers 200 once it was taken, 400 or 413 for what is none
/// for us, 503 while the issuer's keys cannot be had; other methods and forms are 400. Nothing else
/// may be known to whoever asks: the token itself is the credential. So it stands **beside** the
/// `AuthenticateLayer` and never behind it, and each issuer has a route of its own. Anybody may send to
/// it, and slowly: put it inside the timeout that other routes have.
///
/// Register its address at the issuer, for the clients that hold the sessions: in Keycloak as
/// *Backchannel logout URL*, with *Backchannel logout session required*. The issuer has to reach it,
/// nobody else needs to.
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::{AuthenticateLayer, ConfigError, Realm};
/// use portcullis_axum::backchannel_logout_route;
///
/// # fn router() -> Result<Router, ConfigError> {
/// let realm = Realm::new("https://id.example.com/realms/shop")?
///     .audience("orders-api")
///     .logout_audiences(["shop-web"])
///     .build()?;
/// let router = Router::new()
///     .route("/orders", get(|| async { "your orders" }))
///     .layer(AuthenticateLayer::new(realm.jwt()))
///     .route("/backchannel-logout", backchannel_logout_route(realm.logout_receiver()?));
/// # Ok(router)
/// # }
/// # router().unwrap();
/// ```
pub fn backchannel_logout_route<S>(receiver: LogoutReceiver) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any(move |request: Request| async move { respond(receive(&receiver, request).await) })
}

async fn receive(receiver: &LogoutReceiver, request: Request<Body>) -> NoticeReceipt {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return NoticeReceipt::Refused;
    }
    match to_bytes(body, LogoutReceiver::MAX_LENGTH).await {
        Ok(body) => {
            let content_type = single_header(&parts.headers, &header::CONTENT_TYPE);
            receiver.receive_form(content_type, &body).await
        }
        Err(_) => NoticeReceipt::TooLong,
    }
}
