//! The parties of an example: an issuer of any name, without a network.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpError, HttpFuture, Issuer, IssuerBuilder, Limits, ManualClock};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

/// Where the keys of every issuer are.
const KEYS: &str = "/jwks";

/// What an issuer publishes and answers, by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published(Arc<Mutex<HashMap<String, Document>>>);

#[derive(Debug, Clone)]
struct Document {
    content_type: &'static str,
    body: String,
}

impl Published {
    pub(crate) fn put(&self, path: &str, content_type: &'static str, body: String) {
        let document = Document { content_type, body };
        self.0.lock().unwrap().insert(path.to_owned(), document);
    }
}

impl HttpClient for Published {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let document = self.0.lock().unwrap().get(request.uri().path()).cloned();
        Box::pin(async move {
            let missing = || HttpError::Unreachable("there is no such document".to_owned());
            let Document { content_type, body } = document.ok_or_else(missing)?;
            let mut response = Response::new(Bytes::from(body));
            let content_type = HeaderValue::from_static(content_type);
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, content_type);
            assert_eq!(response.status(), StatusCode::OK);
            Ok(response)
        })
    }
}

/// An issuer of an example, with a key under the name that the example gives it.
pub(crate) struct Example {
    pub(crate) published: Published,
    pub(crate) key: SigningKey,
    issuer: &'static str,
    clock: ManualClock,
}

impl Example {
    /// Where the time is the one that the example is of.
    pub(crate) fn of(issuer: &'static str, key_id: &str, seconds: u64) -> Self {
        let key = SigningKey::generate(SigningAlgorithm::RS256).with_key_id(key_id);
        let published = Published::default();
        let keys = json!({ "keys": [key.jwk()] });
        published.put(KEYS, "application/json", keys.to_string());
        Self {
            published,
            key,
            issuer,
            clock: ManualClock::at(seconds),
        }
    }

    pub(crate) fn issuer(&self) -> IssuerBuilder {
        Issuer::builder(self.issuer)
            .unwrap()
            .jwks_uri(format!("{}{KEYS}", self.issuer.trim_end_matches('/')))
            .http_client(self.published.clone())
            .clock(self.clock.clone())
    }
}
