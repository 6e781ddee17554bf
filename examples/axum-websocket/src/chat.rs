//! What is said on a socket, and when nothing more is.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use portcullis::{Rejection, VerifiedToken};

use crate::sockets::Place;

/// How long somebody who reads nothing is waited for with the last word.
const FAREWELL: Duration = Duration::from_secs(1);

/// RFC 6455 §7.4.1.
const GOING_AWAY: u16 = 1001;

/// Serves a socket until its client leaves, its token is over, or the service stops.
pub(crate) async fn chat(
    mut socket: WebSocket,
    token: VerifiedToken,
    name: String,
    recheck_every: Duration,
    mut place: Place,
) {
    // Beside the conversation and not within it: a client that reads nothing blocks what is sent to
    // it, and must not keep its socket open by that.
    let last_word = tokio::select! {
        rejection = token.ended_within(recheck_every) => refusal(&rejection),
        () = place.closing() => CloseFrame {
            code: GOING_AWAY,
            reason: "the service stops".into(),
        },
        () = converse(&mut socket, &name) => return,
    };
    let farewell = socket.send(Message::Close(Some(last_word)));
    // Whether it arrives is the client's concern.
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
}

/// Codes from 4000 on are the application's own: 4401 where a new token would help, 4403 where it lacks
/// something that it had. The sentence is made for clients, and says nothing of the reason in the log.
fn refusal(rejection: &Rejection) -> CloseFrame {
    CloseFrame {
        code: 4000 + rejection.status().as_u16(),
        reason: rejection.description().into(),
    }
}

/// Says back what is said.
async fn converse(socket: &mut WebSocket, name: &str) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let answer = Message::Text(format!("{name}: {text}").into());
        if socket.send(answer).await.is_err() {
            return;
        }
    }
}
