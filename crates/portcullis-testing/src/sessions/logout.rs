//! The end of a session with notice: who is told, in which order, and when it is over.

use std::sync::Arc;

use crate::{
    clients::Client, delivery::NoticeDelivery, error::KeyError, keys::Family,
    messages::LogoutTokenBuilder, server::State, wire,
};

/// Notices first, one after another, then the end.
pub(crate) async fn log_out(state: &Arc<State>, id: &str) -> Vec<NoticeDelivery> {
    let Some(participants) = state.sessions.participants(id) else {
        return Vec::new();
    };
    let mut deliveries = Vec::new();
    for client in &participants.clients {
        let client = state.clients.lock().get(client).cloned();
        let Some((client, url)) = client.and_then(receiver) else {
            continue;
        };
        let token = notice(state, &client, participants.user.as_deref(), id);
        let outcome = wire::post_logout_token(&url, &token).await;
        deliveries.push(NoticeDelivery {
            client: client.id,
            url,
            outcome,
        });
    }
    if let Some(barrier) = state.sessions.end_gates.admitting() {
        barrier.pass().await;
    }
    state.sessions.end_after_notices(id);
    deliveries
}

/// The client with its URL, if it wants to be told.
fn receiver(client: Client) -> Option<(Client, String)> {
    let url = client.backchannel_logout.clone()?;
    Some((client, url))
}

/// The logout token as Keycloak makes it for this client.
fn notice(state: &Arc<State>, client: &Client, user: Option<&str>, id: &str) -> String {
    let mut token = LogoutTokenBuilder::new(Arc::clone(state)).audience(&client.id);
    token = match user {
        Some(user) => token.subject(user),
        None => token.without_claim("sub"),
    };
    token = if client.backchannel_session_required {
        token.session(id)
    } else {
        token.without_claim("sid")
    };
    let algorithm = client.id_token_algorithm;
    token = if algorithm.family() == Family::Hmac {
        let key = state.keys.lock().secret_key(algorithm);
        token.signed_with(&KeyError::or_panic(key))
    } else {
        token.algorithm(algorithm)
    };
    token.jwt()
}
