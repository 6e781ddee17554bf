use axum::{Router, body::to_bytes, extract::Request, routing::post};
use portcullis::{NotBeforeReceiver, NoticeReceipt};

use crate::notice::respond;

/// Routes for what Keycloak tells of moved cut-offs ("not before") at the admin URL of a client:
/// `POST k_push_not_before` and `POST k_logout`, answered as
/// [`backchannel_logout_route`](crate::backchannel_logout_route) answers.
///
/// Nest them below a path of their own, **beside** the `AuthenticateLayer` and never behind it, and
/// register its address as *Admin URL* of the client. Each issuer has a path of its own. Anybody may send
/// to it, and slowly: put it inside the timeout that other routes have.
///
/// ```
/// use axum::Router;
/// use portcullis::{ConfigError, Realm};
/// use portcullis_axum::not_before_router;
///
/// # fn router() -> Result<Router, ConfigError> {
/// let realm = Realm::new("https://id.example.com/realms/shop")?
///     .audience("orders-api")
///     .not_before_clients(["shop-web"])
///     .build()?;
/// // The admin URL of `shop-web` is https://orders.example.com/keycloak.
/// let router = Router::new().nest("/keycloak", not_before_router(realm.not_before_receiver()?));
/// # Ok(router)
/// # }
/// # router().unwrap();
/// ```
pub fn not_before_router<S>(receiver: NotBeforeReceiver) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let take = post(move |request: Request| async move {
        let body = to_bytes(request.into_body(), NotBeforeReceiver::MAX_LENGTH);
        respond(match body.await {
            Ok(message) => receiver.receive(&message).await,
            Err(_) => NoticeReceipt::TooLong,
        })
    });
    Router::new()
        .route("/k_push_not_before", take.clone())
        .route("/k_logout", take)
}
