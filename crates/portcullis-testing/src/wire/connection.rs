//! One connection from its first request to its last.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use tokio::io::AsyncWriteExt as _;

use super::{
    date::http_date,
    read::{NoRequest, read_request},
    socket::Socket,
    write::{Outgoing, write_answer},
};
use crate::{
    answer::Answer,
    endpoints::{Reply, answer_request},
    fault::{Delivery, Fault},
    gate::HoldPoint,
    record::RecordedRequest,
    server::State,
};

/// Answers requests until the client, a fault or the end of the server closes the connection.
/// What arrives on it comes with the certificate of the client.
pub(crate) async fn serve(mut stream: impl Socket, certificate: Option<Bytes>, state: &Arc<State>) {
    let mut buffer = Vec::new();
    loop {
        let outgoing = match read_request(&mut stream, &mut buffer).await {
            Ok(mut incoming) => {
                incoming.request.client_certificate.clone_from(&certificate);
                tokio::select! {
                outgoing = respond(state, incoming.request) => {
                    Outgoing { close: outgoing.close || !incoming.keep_alive, ..outgoing }
                }
                () = client_gone(&stream) => return,
                }
            }
            Err(NoRequest::Closed) => return,
            Err(NoRequest::Refused(status)) => refusal(state, status),
        };
        let written = write_answer(&mut stream, &outgoing).await;
        // What TLS has buffered goes out even if the connection ends.
        let flushed = stream.flush().await;
        match written.and_then(|goes_on| flushed.map(|()| goes_on)) {
            Ok(true) => {}
            Ok(false) | Err(_) => return,
        }
    }
}

async fn respond(state: &Arc<State>, request: RecordedRequest) -> Outgoing {
    let endpoint = state.route(&request.target);
    let control = state.endpoints.control(endpoint);
    let barrier = control.gates.admitting();
    let token = if control.faults.needs_token() {
        request.form_value("token")
    } else {
        None
    };
    let fault = control.faults.take(token.as_deref());
    control.requests.add(request.clone());

    if let Some(fault) = &fault {
        if !fault.initial_delay().is_zero() {
            tokio::time::sleep(fault.initial_delay()).await;
        }
        if fault.delivery() == Delivery::Never {
            std::future::pending::<()>().await;
        }
    }
    if let Some(barrier) = barrier
        .as_ref()
        .filter(|barrier| barrier.holds_at(HoldPoint::BeforeAnswer))
    {
        barrier.pass().await;
    }
    let own_answer = fault.as_ref().and_then(Fault::own_answer);
    // The session is let go before the client can know the answer.
    let Reply {
        mut answer,
        session: _session,
    } = match own_answer {
        Some(answer) => answer.into(),
        None => answer_request(state, endpoint, &request).await,
    };
    add_date(&mut answer, state);
    if let Some(fault) = &fault {
        fault.apply_headers(&mut answer);
    }
    if let Some(barrier) = barrier
        .as_ref()
        .filter(|barrier| barrier.holds_at(HoldPoint::AfterAnswer))
    {
        barrier.pass().await;
    }
    Outgoing {
        answer,
        delivery: fault.map_or(Delivery::Whole, |fault| fault.delivery()),
        head_only: request.method == Method::HEAD,
        close: false,
    }
}

fn refusal(state: &State, status: u16) -> Outgoing {
    let mut answer = Answer::new(status);
    add_date(&mut answer, state);
    Outgoing {
        answer,
        delivery: Delivery::Whole,
        head_only: false,
        close: true,
    }
}

fn add_date(answer: &mut Answer, state: &State) {
    if !answer.has_header("date") {
        answer.set_header("date", Some(http_date(state.clock.now())));
    }
}

/// Returns when the client has closed its side. Clients of HTTP/1.1 that want an answer do not.
async fn client_gone(stream: &impl Socket) {
    if let Ok(1..) = stream.tcp().peek(&mut [0]).await {
        // The next request is there already; it has to wait for its turn.
        std::future::pending::<()>().await;
    }
}
