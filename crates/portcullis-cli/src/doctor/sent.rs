use std::{collections::BTreeSet, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};
use percent_encoding::percent_decode_str;
use url::form_urlencoded::{byte_serialize, parse};

use super::arguments::Method;

/// What requests have sent that stands in no report, even where a server repeats it.
#[derive(Clone, Default)]
pub(super) struct Confidential(BTreeSet<String>);

/// The parameters of a form that are secrets.
const SECRET_PARAMETERS: [&str; 4] = ["client_secret", "client_assertion", "token", "logout_token"];

impl Confidential {
    /// Notes what a request shows.
    pub(super) fn note(&mut self, request: &Request<Bytes>) {
        for (name, value) in parse(request.body()) {
            if SECRET_PARAMETERS.contains(&&*name) {
                self.add(&value);
            }
        }
        let Some((scheme, credentials)) = authorization(request) else {
            return;
        };
        self.add(credentials);
        let pair = STANDARD.decode(credentials).ok();
        let pair = pair.filter(|_| scheme.eq_ignore_ascii_case("Basic"));
        let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
        if let Some((_, secret)) = pair.as_ref().and_then(|pair| pair.split_once(':')) {
            self.add(secret);
            let spaced = secret.replace('+', " ");
            self.add(&percent_decode_str(&spaced).decode_utf8_lossy());
        }
    }

    fn add(&mut self, secret: &str) {
        self.0.insert(secret.to_owned());
        self.0.insert(byte_serialize(secret.as_bytes()).collect());
        // A JWT may be repeated in part; what is shorter than this is no part of one.
        const SHORTEST_PART: usize = 16;
        let parts = secret.split('.').filter(|part| part.len() >= SHORTEST_PART);
        self.0.extend(parts.map(str::to_owned));
    }

    /// A text of the server's without them.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut secrets: Vec<_> = self.0.iter().filter(|it| !it.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), "[redacted]")
        })
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential(..)")
    }
}

/// How a request proves whose it is, if it does by a secret.
pub(super) fn method(request: &Request<Bytes>) -> Option<Method> {
    if authorization(request).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic")) {
        return Some(Method::Basic);
    }
    parse(request.body()).find_map(|(name, _)| match &*name {
        "client_secret" => Some(Method::Post),
        "client_assertion" => Some(Method::Jwt),
        _ => None,
    })
}

fn authorization(request: &Request<Bytes>) -> Option<(&str, &str)> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    value.to_str().ok()?.split_once(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic() -> Request<Bytes> {
        let credentials = STANDARD.encode("orders-api:a%20b%2Bc");
        Request::post("/")
            .header("authorization", format!("Basic {credentials}"))
            .body(Bytes::from_static(b"token=opaque-7f3a"))
            .unwrap()
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let mut sent = Confidential::default();
        sent.note(&basic());
        for secret in ["a b+c", "a%20b%2Bc", "opaque-7f3a"] {
            let text = sent.redact(&format!("I know {secret}!"));
            assert_eq!(text, "I know [redacted]!");
        }
        assert_eq!(sent.redact("orders-api"), "orders-api");
        assert!(!format!("{sent:?}").contains("opaque"));
    }

    #[test]
    fn of_a_jwt_no_part_is_repeated() {
        let mut sent = Confidential::default();
        let (header, signature) = ("e".repeat(40), "s".repeat(40));
        let form = format!("client_assertion={header}.short.{signature}");
        sent.note(&Request::post("/").body(form.into()).unwrap());
        assert_eq!(sent.redact(&signature), "[redacted]");
        assert_eq!(sent.redact("short"), "short");
    }

    #[test]
    fn the_method_shows() {
        let form = |form: &'static str| Request::post("/").body(form.into()).unwrap();
        assert_eq!(method(&basic()), Some(Method::Basic));
        assert_eq!(method(&form("client_secret=a")), Some(Method::Post));
        assert_eq!(method(&form("client_assertion=a")), Some(Method::Jwt));
        assert_eq!(method(&form("token=a")), None);
    }
}
