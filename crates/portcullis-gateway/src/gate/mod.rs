//! The verdict on a request that some gateway asks about, whatever way it asks.

mod admit;
mod answer;
mod policy;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use portcullis::{Authenticate, AuthenticateLayer, Authenticator, JsonBody, PeerCertificate};
use tower::{Layer, ServiceExt};

use self::admit::{Admissible, Admit};
pub use self::policy::Policy;
use crate::{
    forwarded::{Asked, AskedRefusal, Hosts, Peer},
    rules::{Access, Rule},
    telemetry::{self, Denial},
};

/// Says of each request whether it is let in, and as whom, by the rules of the moment.
///
/// The judgement on tokens is that of [`portcullis::AuthenticateLayer`], on the request that the
/// client has sent: its method and its path, its `Authorization` and its `DPoP`.
///
/// An answer has a status, the headers that are for the client, and every header that the gateway
/// owns ([`Policy::owned_headers`]): for the upstream, empty where there is nothing to say.
#[derive(Debug)]
pub struct Gate {
    policy: ArcSwap<Policy>,
    authenticate: Authenticate<Admit, JsonBody>,
    deadline: Duration,
    /// Whether a gateway that is not set up as it should be was told of, under these rules.
    has_warned: AtomicBool,
}

impl Gate {
    /// The longest that a gateway waits for an answer, unless told otherwise.
    const DEADLINE: Duration = Duration::from_secs(15);

    /// A gate with these rules, where tokens are judged in this way.
    #[must_use]
    pub fn new(policy: Policy, authenticator: Authenticator) -> Self {
        telemetry::begin();
        telemetry::loaded(&policy);
        let layer = AuthenticateLayer::from_authenticator(authenticator, JsonBody);
        Self {
            policy: ArcSwap::from_pointee(policy),
            authenticate: layer.layer(Admit),
            deadline: Self::DEADLINE,
            has_warned: AtomicBool::new(false),
        }
    }

    /// The rules of the moment. A request is judged by one and the same from its first byte to its
    /// last.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Goes on with other rules: for requests that come from now on, all at once.
    pub fn replace(&self, policy: Policy) {
        telemetry::loaded(&policy);
        self.policy.store(Arc::new(policy));
        self.has_warned.store(false, Ordering::Relaxed);
    }

    /// Whether what this peer says is believed. Where it is not that is counted, and told of once.
    #[must_use]
    pub fn believes(&self, peer: Peer) -> bool {
        let is_trusted = self.policy.load().trusted_peers.trust(peer);
        if !is_trusted {
            telemetry::denied(Denial::UntrustedPeer);
            self.warn_once(Denial::UntrustedPeer);
        }
        is_trusted
    }

    /// The verdict on what a gateway asks in the headers of its kind.
    pub async fn answer(&self, peer: Peer, headers: &HeaderMap) -> Response<Bytes> {
        let policy = self.policy();
        let asked = Asked::read(policy.gateway, headers);
        self.judge(&policy, peer, asked, headers).await
    }

    /// The verdict on a request that a gateway asks about, with the headers that its client has sent.
    pub async fn judge(
        &self,
        policy: &Arc<Policy>,
        peer: Peer,
        asked: Result<Asked, AskedRefusal>,
        headers: &HeaderMap,
    ) -> Response<Bytes> {
        match find_rule(policy, peer, asked) {
            Ok((_, rule)) if matches!(rule.access, Access::Public) => {
                telemetry::public();
                answer::public(policy)
            }
            Ok((asked, rule)) => {
                let response = self.judge_token(policy, asked, rule, headers).await;
                telemetry::judged(response.status());
                answer::of_token(policy, response)
            }
            Err(denial) => {
                telemetry::denied(denial);
                self.warn_once(denial);
                answer::denied(policy)
            }
        }
    }

    /// A gateway that cannot be believed is a mistake of those who run it, and denies everything.
    fn warn_once(&self, denial: Denial) {
        if denial.is_of_gateway() && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a gateway was denied ({}): let the gateway be in `trusted_peers`, and set up as `portcullis-gateway config` prints it; others like it are counted and not told of",
                denial.code()
            );
        }
    }

    /// The layer judges the request that the client has sent, and what it admits meets its rule.
    async fn judge_token(
        &self,
        policy: &Arc<Policy>,
        asked: Asked,
        rule: Arc<Rule>,
        headers: &HeaderMap,
    ) -> Response<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = asked.method;
        let Ok(uri) = asked.path.as_str().parse() else {
            // A canonical path is one that every parser takes.
            return answer::denied(policy);
        };
        *request.uri_mut() = uri;
        for name in [
            header::AUTHORIZATION,
            header::HeaderName::from_static("dpop"),
        ] {
            for value in headers.get_all(&name) {
                request.headers_mut().append(name.clone(), value.clone());
            }
        }
        if let Some(certificate) = asked.certificate {
            request
                .extensions_mut()
                .insert(PeerCertificate(certificate));
        }
        request.extensions_mut().insert(Admissible {
            policy: policy.clone(),
            rule,
        });
        let judging = self.authenticate.clone().oneshot(request);
        match tokio::time::timeout(self.deadline, judging).await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => answer::late(),
        }
    }
}

/// What can be said without looking at a token.
fn find_rule(
    policy: &Policy,
    peer: Peer,
    asked: Result<Asked, AskedRefusal>,
) -> Result<(Asked, Arc<Rule>), Denial> {
    if !policy.trusted_peers.trust(peer) {
        return Err(Denial::UntrustedPeer);
    }
    let asked = asked.map_err(Denial::Asked)?;
    let is_to = |hosts: Option<&Hosts>| asked.judge_host(hosts).map_err(Denial::Asked);
    is_to(policy.hosts.as_ref())?;
    let rule = policy.rules.find(&asked.method, &asked.path);
    let rule = rule.map_err(Denial::Rule)?.clone();
    // A token is for the upstream that the rule names: under the same path the gateway may send another
    // host's requests elsewhere.
    is_to(rule.upstream.hosts())?;
    Ok((asked, rule))
}
