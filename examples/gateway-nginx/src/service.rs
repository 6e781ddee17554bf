//! In the place of your service, which knows nothing of tokens: says who is there.

use axum::{Router, body::Bytes, http::HeaderMap};
use tokio::net::TcpListener;

/// Serves until the program ends.
pub(crate) async fn serve(listener: TcpListener) {
    // nginx alone comes here, and has read the whole head of a request by then.
    let _ = axum::serve(listener, Router::new().fallback(tell)).await;
}

/// Takes the body too: who answers before it has come closes the connection while nginx is still sending.
async fn tell(headers: HeaderMap, _body: Bytes) -> String {
    let [subject, client, roles, token] = [
        "x-auth-subject",
        "x-auth-client",
        "x-auth-roles",
        "authorization",
    ]
    .map(|name| {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join(" and ")
    });
    format!("subject: {subject}, client: {client}, roles: {roles}, token: {token}\n")
}
