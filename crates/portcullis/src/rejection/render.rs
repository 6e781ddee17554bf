use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::{GrpcFlavor, ProtectionSpace, Reason, Rejection, answer::Answer, grpc, told::Told};
use crate::{Scheme, authenticate::guarded};

/// What body a refused request gets. Status, challenge and caching headers are not its concern:
/// they are written after it, over whatever it has set. Where it panics, the answer has no body. A
/// gRPC answer never has one, and asks no renderer.
///
/// What a body may say is [`Rejection::description`] and the reason; the fixed text of
/// [`Rejection::diagnosis`] where [`Rejection::exposes_diagnosis`] says so, and its detail never.
///
/// Implemented by [`JsonBody`], [`EmptyBody`] and every closure
/// `Fn(&Rejection, &mut Response<B>)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot render a rejection into a body of type `{B}`",
    note = "`AuthenticateLayer::new` writes JSON and needs a body that is `From<Bytes>`; for tonic and other bodies use `AuthenticateLayer::grpc`, or give `.render_with(..)` a closure"
)]
pub trait RenderRejection<B> {
    /// Puts a body, and the headers that describe it, into the response.
    fn render(&self, rejection: &Rejection, response: &mut Response<B>);
}

/// `{"error": …, "error_description": …}` as `application/json`. In a development mode
/// ([`IssuerBuilder::danger_expose_diagnosis`](crate::IssuerBuilder::danger_expose_diagnosis)) with one
/// more member, `"diagnosis": {"reason": …, "explanation": …, "settings": […], "cure": …}`. Where
/// [`Rejection::exposes_diagnosis`] forbids to say more, its reason is `unverified`, and it says the same
/// of every token.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonBody;

/// No body: everything a client needs stands in the headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyBody;

impl<B: From<Bytes>> RenderRejection<B> for JsonBody {
    fn render(&self, rejection: &Rejection, response: &mut Response<B>) {
        let body = json_body(rejection).to_string();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        *response.body_mut() = Bytes::from(body).into();
    }
}

impl<B> RenderRejection<B> for EmptyBody {
    fn render(&self, _: &Rejection, _: &mut Response<B>) {}
}

impl<B, F: Fn(&Rejection, &mut Response<B>)> RenderRejection<B> for F {
    fn render(&self, rejection: &Rejection, response: &mut Response<B>) {
        self(rejection, response);
    }
}

/// Makes the response to a refused request of one that a guard left behind, whatever body it
/// has; headers that layers in between have set stay.
pub(crate) fn render<B: Default, R: RenderRejection<B>>(
    rejection: &Rejection,
    space: &ProtectionSpace,
    presented: Option<Scheme>,
    flavor: Option<GrpcFlavor>,
    renderer: &R,
    response: &mut Response<B>,
) {
    rejection.log();
    *response.body_mut() = B::default();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().remove(header::CONTENT_TYPE);
    if let Some(flavor) = flavor {
        *response.status_mut() = StatusCode::OK;
        grpc::write_trailers_only(rejection, flavor, response.headers_mut());
    } else {
        render_body(rejection, renderer, response);
        *response.status_mut() = rejection.status();
    }
    write_headers(rejection, space, presented, response.headers_mut());
    // For those further out who count refusals. What was rendered is not rendered again for it.
    response.extensions_mut().insert(rejection.reason());
}

/// The renderer may be the application's own: where it panics, the answer goes without a body.
fn render_body<B: Default, R: RenderRejection<B>>(
    rejection: &Rejection,
    renderer: &R,
    response: &mut Response<B>,
) {
    let headers = response.headers().clone();
    let rendered = guarded("a renderer of rejections panicked", || {
        renderer.render(rejection, response);
        Ok(())
    });
    if let Err(defect) = rendered {
        defect.log();
        *response.headers_mut() = headers;
        *response.body_mut() = B::default();
    }
}

/// Marks the answers of a service that tells more than it should in service.
const DEVELOPMENT: HeaderName = HeaderName::from_static("x-portcullis-development");

fn write_headers(
    rejection: &Rejection,
    space: &ProtectionSpace,
    presented: Option<Scheme>,
    headers: &mut HeaderMap,
) {
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    if rejection.is_in_development() {
        headers.insert(DEVELOPMENT, HeaderValue::from_static("1"));
    }
    headers.remove(header::WWW_AUTHENTICATE);
    headers.remove(header::RETRY_AFTER);
    for challenge in space.challenges(rejection, presented) {
        headers.append(header::WWW_AUTHENTICATE, challenge);
    }
    if rejection.reason() == Reason::TicketUnavailable {
        // UMA 2.0 Grant §3.2.2.
        let warning = HeaderValue::from_static("199 - \"UMA Authorization Server Unreachable\"");
        headers.insert(header::WARNING, warning);
    }
    if let Some(wait) = rejection.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
}

fn json_body(rejection: &Rejection) -> serde_json::Value {
    let (error, description) = (body_error(rejection), rejection.description());
    if !rejection.is_in_development() {
        return json!({"error": error, "error_description": description});
    }
    json!({
        "error": error,
        "error_description": description,
        "diagnosis": Told::of(rejection),
    })
}

/// The `error` of the JSON body; a missing token is named here though the challenge names none.
fn body_error(rejection: &Rejection) -> &'static str {
    match rejection.reason().answer() {
        Answer::Unauthenticated => "missing_token",
        Answer::InvalidRequest => "invalid_request",
        Answer::InvalidToken => "invalid_token",
        Answer::InvalidProof => "invalid_dpop_proof",
        Answer::NeedsNonce => "use_dpop_nonce",
        Answer::InsufficientAuthentication => "insufficient_user_authentication",
        Answer::InsufficientScope | Answer::NeedsPermission => "insufficient_scope",
        Answer::Unavailable => "temporarily_unavailable",
        Answer::Misconfigured => "server_error",
    }
}
