//! A host of as many lists as tokens name, without a network.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpFuture, Limits, ReqwestClient, StatusLists};
use portcullis_conformance::{LocalWorld, T0, World, base64url};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::{MEDIA_TYPE, packed};

/// What everything is signed with: there is much of it, and this is quick.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDSA;

/// Publishes a list at each address below `/statuslists/`. Everything else is the server's.
#[derive(Debug, Clone)]
pub(crate) struct ListHost {
    client: ReqwestClient,
    key: SigningKey,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug)]
struct Script {
    /// In `lst`, of one bit a token.
    packed: Vec<u8>,
    issued: u64,
    is_away: bool,
    /// How many of its lists never come, the first of all.
    hanging: usize,
    fetched: Vec<String>,
}

impl ListHost {
    /// A host whose lists are all this long, in bytes, and call everything valid.
    pub(crate) fn of(world: &World, length: usize) -> Self {
        let script = Script {
            packed: packed(&vec![0; length]),
            issued: T0 + 1,
            is_away: false,
            hanging: 0,
            fetched: Vec::new(),
        };
        Self {
            client: ReqwestClient::new().unwrap(),
            key: world.server.signing_key(ALGORITHM),
            script: Arc::new(Mutex::new(script)),
        }
    }

    /// A service that gets lists from it.
    pub(crate) async fn serving(length: usize, lists: StatusLists) -> (Self, LocalWorld) {
        let world = World::start().await;
        let host = Self::of(&world, length);
        let client = host.clone();
        let local = LocalWorld::on(world, |realm| realm.http_client(client).status_lists(lists));
        (host, local.await)
    }

    /// Fails from now on, or no longer.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.script.lock().unwrap().is_away = is_away;
    }

    /// Never answers whoever asks for one of the first so many lists.
    pub(crate) fn hang_on_first(&self, hanging: usize) {
        self.script.lock().unwrap().hanging = hanging;
    }

    /// Issues its lists at this time.
    pub(crate) fn set_issued(&self, issued: u64) {
        self.script.lock().unwrap().issued = issued;
    }

    /// How many lists were asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.script.lock().unwrap().fetched.len()
    }

    fn list(&self, uri: &str, script: &Script) -> String {
        let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "kid": self.key.key_id()});
        let claims = json!({
            "sub": uri, "iat": script.issued, "ttl": 600,
            "status_list": {"bits": 1, "lst": base64url(&script.packed)},
        });
        self.key.sign_raw(header.to_string(), claims.to_string())
    }
}

/// A token that has the first place of this list.
pub(crate) fn token_of(local: &LocalWorld, list: usize) -> String {
    let uri = format!("{}/statuslists/{list}", local.server().origin());
    let status = json!({"status_list": {"idx": 0, "uri": uri}});
    let token = local.server().token().claim("status", status);
    token.algorithm(ALGORITHM).jwt()
}

impl HttpClient for ListHost {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if !request.uri().path().starts_with("/statuslists/") {
            return self.client.send(request, limits);
        }
        let uri = request.uri().to_string();
        let mut script = self.script.lock().unwrap();
        let mut answer = Response::new(self.list(&uri, &script).into());
        if script.is_away {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        let kind = HeaderValue::from_static(MEDIA_TYPE);
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        let number = uri
            .rsplit('/')
            .next()
            .and_then(|number| number.parse().ok());
        let hangs = number.is_some_and(|number: usize| number < script.hanging);
        script.fetched.push(uri);
        if hangs {
            return Box::pin(pending());
        }
        Box::pin(async { Ok(answer) })
    }
}
