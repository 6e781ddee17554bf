use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use portcullis::Limits;
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::{
    doctor::{finding::Finding, progress::Progress, settings::Settings},
    moment::now,
};

const ID: &str = "logout_url";

/// Whether notices arrive at the service, and are judged there: it is sent one that nobody has signed,
/// which it has to refuse (OpenID Connect Back-Channel Logout 1.0 §2.8). `None` where no address was
/// named.
pub(crate) async fn check(settings: &Settings, progress: Progress) -> Option<Finding> {
    const DEADLINE: Duration = Duration::from_secs(5);
    const LONGEST: usize = 256 * 1024;
    let url = settings.logout_url.as_ref()?;
    let limits = Limits::new(DEADLINE, LONGEST);
    let request = request(settings, url)?;
    let sending = settings.witness_elsewhere.ask(request, limits);
    let exchange = progress.during("sending a logout notice", sending).await?;
    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let finding = match &exchange.outcome {
        Ok(answer) => told(&place, answer.status()),
        Err(error) => Finding::unknown(
            ID,
            "logout_url_unreachable",
            format!("{place} cannot be reached from here: {error}"),
        )
        .cure("compare host and port with those of the service, and see whether it is up"),
    };
    Some(finding.took(exchange.took))
}

fn told(place: &str, status: StatusCode) -> Finding {
    let wrong = |cause: &'static str, what: &str, cure: &str| {
        Finding::wrong(ID, cause, format!("{place} {what} ({status})")).cure(cure)
    };
    match status {
        StatusCode::BAD_REQUEST => Finding::good(
            ID,
            format!(
                "{place} refuses a notice that nobody has signed ({status}), as it should; that was from here, and whether the server reaches it shows in the server's log"
            ),
        ),
        status if status.is_success() => wrong(
            "logout_url_takes_anything",
            "takes a notice that nobody has signed",
            "have that address judge logout tokens: anybody can end sessions there, or nothing reads what arrives (`backchannel_logout_route`)",
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => wrong(
            "logout_url_wants_credentials",
            "wants credentials, and the server sends none",
            "put the route beside the `AuthenticateLayer`, and not behind it: the logout token itself is the credential",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => wrong(
            "no_logout_url",
            "takes no logout notices",
            "compare the path with that of the route (`backchannel_logout_route`), and see what a proxy makes of it",
        ),
        status if status.is_redirection() => wrong(
            "logout_url_redirects",
            "redirects, which servers do not follow",
            "register the address that it redirects to",
        ),
        status if status.is_server_error() => Finding::unknown(
            ID,
            "logout_url_in_trouble",
            format!("{place} is in trouble: {status}"),
        )
        .cure("see the log of the service"),
        status => Finding::notable(
            ID,
            "logout_url_odd",
            format!(
                "{place} answers a notice that nobody has signed with {status}, and not with 400"
            ),
        )
        .cure("see what answers there"),
    }
}

fn request(settings: &Settings, url: &Url) -> Option<Request<Bytes>> {
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let client = settings.client.as_ref();
    let header = part(json!({"alg": "none", "typ": "logout+jwt"}));
    let seconds = now().trunc();
    let claims = part(json!({
        "iss": settings.issuer,
        "aud": client.map_or("portcullis-doctor", |client| &client.id),
        "iat": seconds,
        "exp": seconds + 60.0,
        "jti": "portcullis-doctor",
        "sid": "portcullis-doctor",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }));
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", &format!("{header}.{claims}."))
        .finish();
    let request = Request::post(url.as_str());
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(form.into()).ok()
}
