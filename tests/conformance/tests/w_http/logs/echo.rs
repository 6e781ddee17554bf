use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpFuture, Limits, ReqwestClient};
use serde_json::json;

/// An HTTP client whose introspection calls do arrive, and are answered with what they said: by
/// a server, or somebody in front of it, that quotes whatever it is sent.
#[derive(Debug, Clone)]
pub(super) struct Echo {
    client: ReqwestClient,
    place: usize,
}

impl Echo {
    /// In how many places of an answer a request can be quoted.
    pub(super) const PLACES: usize = 16;

    pub(super) fn at(place: usize) -> Self {
        Self {
            client: ReqwestClient::new().unwrap(),
            place,
        }
    }
}

impl HttpClient for Echo {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if !request.uri().path().ends_with("/introspect") {
            return self.client.send(request, limits);
        }
        let place = self.place;
        let credentials = request.headers().get(header::AUTHORIZATION);
        let credentials = credentials.map_or("", |value| value.to_str().unwrap());
        let said = format!("{credentials} {}", String::from_utf8_lossy(request.body()));
        let sent = self.client.send(request, limits);
        Box::pin(async move {
            let _ = sent.await?;
            Ok(quote(&said, place))
        })
    }
}

fn quote(said: &str, place: usize) -> Response<Bytes> {
    let answer = |status, (name, value): (&'static str, &str), body: String| {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        response.headers_mut().insert(name, value);
        response
    };
    let kind = ("content-type", "application/json");
    let json = |status, body: serde_json::Value| answer(status, kind, body.to_string());
    match place {
        0 => json(
            400,
            json!({"error": "invalid_client", "error_description": said}),
        ),
        1 => json(401, json!({"error": said})),
        2 => json(
            403,
            json!({"error": "access_denied", "error_description": format!("{said} not enabled")}),
        ),
        3 => answer(401, ("www-authenticate", said), said.to_owned()),
        4 => answer(
            302,
            ("location", &format!("https://other.example/?{said}")),
            String::new(),
        ),
        5 => answer(503, ("retry-after", said), said.to_owned()),
        6 => answer(500, ("x-request", said), said.to_owned()),
        7 => answer(200, kind, said.to_owned()),
        8 => answer(200, ("content-type", said), "{}".to_owned()),
        9 => json(200, json!({"active": said})),
        10 => json(200, json!({"active": true, "exp": said})),
        11 => json(
            200,
            json!({"active": true, "iss": said, "aud": said, "typ": said}),
        ),
        12 => json(200, json!({"active": true, "scope": [said], (said): {}})),
        13 => answer(
            200,
            kind,
            json!({"active": true})
                .to_string()
                .replace('}', &format!(",{said:?}:1,{said:?}:2}}")),
        ),
        14 => json(
            200,
            json!({"active": true, "cnf": {"jkt": said}, "token_use": said}),
        ),
        _ => answer(418, kind, said.to_owned()),
    }
}
