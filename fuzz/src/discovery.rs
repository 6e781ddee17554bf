//! The metadata of an issuer (RFC 8414 §3), and where it may send us.

use bytes::Bytes;
use http::{Method, Request, Uri};
use serde_json::Value;
use url::Url;

use crate::{
    Outcome,
    client::{Answering, Body},
    service::{self, ISSUER},
    signer::Signer,
};

/// Connects to an issuer that publishes this.
pub fn run(data: &[u8]) -> Outcome {
    let document = Bytes::copy_from_slice(data);
    let key_set = Bytes::from(Signer::issuer().key_set());
    let answer = move |request: &Request<Bytes>| -> Body {
        assert_eq!(
            request.method(),
            Method::GET,
            "nobody is asked for a token yet"
        );
        let is_document = request.uri().path().contains("/.well-known/");
        let body = if is_document { &document } else { &key_set };
        (body.clone(), "application/json")
    };
    let client = Answering::by(answer);
    let builder = service::described()
        .client_secret("orders-api", "hush")
        .http_client(client.clone());
    let connected = service::to_its_end(async { builder.connect().await });
    let asked = client.asked();
    let document: Option<Value> = serde_json::from_slice(data).ok();
    for uri in &asked {
        assert!(may_be_asked(uri, document.as_ref()), "{uri}");
    }
    if connected.is_ok() {
        let document = document.unwrap();
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        assert_eq!(text("issuer"), Some(ISSUER));
        let introspection = Url::parse(text("introspection_endpoint").unwrap()).unwrap();
        let own = Url::parse(ISSUER).unwrap();
        assert_eq!(introspection.origin(), own.origin(), "{introspection}");
    }
    Outcome::accepted_if(connected.is_ok())
}

/// The documents of the issuer, and the one address of keys that the right one of them names.
fn may_be_asked(uri: &Uri, document: Option<&Value>) -> bool {
    let is_document = is_at_issuers(uri)
        && matches!(
            uri.path(),
            "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server"
        );
    let text = |name: &str| document.and_then(|document| document.get(name)?.as_str());
    let named = || text("jwks_uri").and_then(|named| Url::parse(named).ok());
    let is_named = || {
        text("issuer") == Some(ISSUER)
            && uri.scheme_str() == Some("https")
            && named().is_some_and(|mut named| {
                named.set_fragment(None);
                *uri == *named.as_str()
            })
    };
    is_document || is_named()
}

fn is_at_issuers(uri: &Uri) -> bool {
    let host = uri.host().map(str::to_ascii_lowercase);
    uri.scheme_str() == Some("https")
        && host.as_deref() == Some("id.example")
        && uri.port_u16().is_none_or(|port| port == 443)
}
