use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpFuture, IssuerBuilder, Limits};
use portcullis_testing::Endpoint;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use crate::{World, protected};

/// The key set of a world's server, with headers that the test chooses, and without a network: a
/// fetch in the background is over as soon as the test has let others run.
#[derive(Debug, Clone)]
pub struct KeyServer {
    script: Arc<Mutex<Script>>,
    gate: Arc<RwLock<()>>,
}

#[derive(Debug)]
struct Script {
    answer: Response<Bytes>,
    confirms_any_tag: bool,
    asked: Vec<HeaderMap>,
}

/// Answers that are held back for as long as this is kept.
#[derive(Debug)]
#[must_use = "what is dropped at once holds nothing back"]
pub struct Held {
    _gate: OwnedRwLockWriteGuard<()>,
}

impl KeyServer {
    /// Publishes the keys of this world, with these headers.
    pub fn of(world: &World, headers: &[(&'static str, &str)]) -> Self {
        let script = Script {
            answer: Response::default(),
            confirms_any_tag: false,
            asked: Vec::new(),
        };
        let keys = Self {
            script: Arc::new(Mutex::new(script)),
            gate: Arc::default(),
        };
        keys.publish(world, headers);
        keys
    }

    /// Publishes the keys that this world has by now, with these headers.
    pub fn publish(&self, world: &World, headers: &[(&'static str, &str)]) {
        self.answer(StatusCode::OK, headers, &world.server.jwks().to_string());
    }

    /// Answers so from now on.
    pub fn answer(&self, status: StatusCode, headers: &[(&'static str, &str)], body: &str) {
        let mut answer = Response::new(Bytes::from(body.to_owned()));
        *answer.status_mut() = status;
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            let name = HeaderName::from_static(name);
            answer.headers_mut().append(name, value);
        }
        self.script().answer = answer;
    }

    /// Tells whoever asks by an entity tag that nothing has changed, whatever has.
    pub fn confirm_any_tag(&self) {
        self.script().confirms_any_tag = true;
    }

    /// Holds back what is answered from now on.
    pub fn hold(&self) -> Held {
        Held {
            _gate: self.gate.clone().try_write_owned().unwrap(),
        }
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.script().asked.len()
    }

    /// This header of the last request.
    #[must_use]
    pub fn last_asked_with(&self, name: &str) -> Option<HeaderValue> {
        let script = self.script();
        script.asked.last().unwrap().get(name).cloned()
    }

    /// The issuer whose keys are fetched from here.
    pub fn realm(&self, world: &World) -> IssuerBuilder {
        let issuer = world.realm().http_client(self.clone());
        issuer.jwks_uri(world.server.url(Endpoint::Jwks))
    }

    /// A router that has fetched the keys once.
    pub async fn router(&self, world: &World) -> Router {
        let issuer = self.realm(world).connect().await.unwrap();
        protected(issuer.jwt())
    }

    /// The same, for a crowd that must not be hurried: from here on tokio's time stands still while
    /// anybody has something to do, so no patience ends before that, however slow the machine is.
    /// A fetch is given up by real time, and here after ten minutes. Only for a runtime of one
    /// thread, and with nothing on the network that has to be waited for.
    pub async fn patient_router(&self, world: &World) -> Router {
        let issuer = self.realm(world).fetch_deadline(Duration::from_secs(600));
        let router = protected(issuer.connect().await.unwrap().jwt());
        tokio::time::pause();
        router
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl HttpClient for KeyServer {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let mut script = self.script();
        script.asked.push(request.headers().clone());
        let mut answer = script.answer.clone();
        let is_conditional = request.headers().contains_key(header::IF_NONE_MATCH);
        if script.confirms_any_tag && is_conditional {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Bytes::new();
        }
        let gate = self.gate.clone();
        Box::pin(async move {
            drop(gate.read().await);
            Ok(answer)
        })
    }
}
