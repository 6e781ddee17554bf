mod nonce;
mod proof;
mod replay;
mod target;

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header::Entry};

pub use self::nonce::NonceKeys;
pub(crate) use self::replay::{ProofUse, Taken};
use self::{nonce::Nonces, proof::Proof, replay::Replays, target::Target};
use crate::{
    AccessToken, Algorithm, Clock, ConfigError, Reason, Rejection, RequestView, SharedStore,
    StateKeys, Thumbprint, Timestamp,
};

/// The header that carries a proof (RFC 9449 §4.1).
const PROOF: HeaderName = HeaderName::from_static("dpop");

/// How proofs of possession are judged (DPoP, RFC 9449): whoever uses a token shows, on each
/// request, that he holds the key the token is bound to. A token that leaks is then of no use.
///
/// ```
/// use portcullis::{AuthenticateLayer, Dpop, Realm};
///
/// let realm = Realm::new("https://id.example.com/realms/shop")?.audience("orders-api").build()?;
/// let layer = AuthenticateLayer::new(realm.jwt()).dpop(Dpop::at("https://api.example.com")?);
/// # Ok::<(), portcullis::ConfigError>(())
/// ```
///
/// With it the layer takes tokens under both schemes, `Bearer` and `DPoP`. A token that is bound
/// to a key is refused under `Bearer`, and one that is not under `DPoP`; which of both a route
/// insists on is said by [`RequireBinding`](crate::RequireBinding).
///
/// A proof is good for one request: each is remembered until it is too old, in this process, or in
/// all of them with [`shared_store`](Self::shared_store).
#[derive(Clone)]
#[must_use]
pub struct Dpop {
    target: Target,
    algorithms: Vec<Algorithm>,
    window: Duration,
    nonces: Option<Nonces>,
    replays: Replays,
    request_uri: Option<RequestUri>,
}

type RequestUri = Arc<dyn Fn(RequestView<'_>) -> Uri + Send + Sync>;

/// What a request proved.
pub(crate) struct Proven {
    /// The key it holds.
    pub(crate) key: Thumbprint,
    /// What makes the proof good once only.
    pub(crate) proof: ProofUse,
    /// A nonce for the proofs to come, where the one of this proof grows old.
    pub(crate) next_nonce: Option<HeaderValue>,
}

impl Dpop {
    /// For a service that its clients know under this address: `https://api.example.com`, with the
    /// path in front of the service's own where a proxy takes one away
    /// (`https://example.com/api`). The proof's `htu` is held against it, and never against what a
    /// request says of its host.
    ///
    /// # Errors
    /// When it is no `https` address (plain `http` for literal loopback addresses only), or has a
    /// query or a fragment.
    pub fn at(external_url: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            target: Target::at(external_url)?,
            algorithms: vec![
                Algorithm::Es256,
                Algorithm::EdDsa,
                Algorithm::Ed25519,
                Algorithm::Ps256,
            ],
            window: Duration::from_secs(60),
            nonces: None,
            replays: Replays::default(),
            request_uri: None,
        })
    }

    /// One more address that the same service is known under.
    ///
    /// # Errors
    /// As for [`at`](Self::at).
    pub fn or_at(mut self, external_url: &str) -> Result<Self, ConfigError> {
        self.target = self.target.or_at(external_url)?;
        Ok(self)
    }

    /// The algorithms that proofs may be signed with; ES256, EdDSA (Ed25519) and PS256 unless set.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How far a proof's `iat` may lie in the past or in the future; 60 seconds unless set. Proofs
    /// are remembered for twice as long at least.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Insists on nonces (RFC 9449 §9): a proof then cannot have been made in advance. A client
    /// that has none gets one with the refusal, and new ones along with answers before its own
    /// grows old. Nothing is kept for them; instances that are given the same keys take each
    /// other's.
    pub fn nonces(mut self, keys: &NonceKeys) -> Self {
        self.nonces = Some(Nonces::new(keys));
        self
    }

    /// Remembers proofs in a store that the instances of the service share, so that one which was
    /// used at one of them is not good at another. Without it each remembers its own. While the
    /// store does not answer, requests with proofs get 503.
    pub fn shared_store(mut self, store: Arc<dyn SharedStore>, keys: &StateKeys) -> Self {
        self.replays = self.replays.shared(store, keys);
        self
    }

    /// How many proofs of one key are remembered at a time; 10,000 unless set. A client that sends
    /// more within four [windows](Self::window) gets 503 until some are too old.
    pub fn max_proofs_per_key(mut self, proofs: usize) -> Self {
        self.replays = self.replays.per_key(proofs);
        self
    }

    /// How many proofs of all keys together are remembered at a time; two million unless set, at some
    /// 100 bytes each. Where more than half of them come within two [windows](Self::window), requests
    /// with proofs get 503 until some are too old: give this four windows of an instance's full load.
    pub fn max_proofs(mut self, proofs: usize) -> Self {
        self.replays = self.replays.of_all_keys(proofs);
        self
    }

    /// Where a layer further out shortens the path (axum's `Router::nest`), says what the client
    /// had asked for. `portcullis_axum::original_uri` knows it of axum.
    pub fn request_uri(
        mut self,
        request_uri: impl Fn(RequestView<'_>) -> Uri + Send + Sync + 'static,
    ) -> Self {
        self.request_uri = Some(Arc::new(request_uri));
        self
    }

    /// Judges the proof of a request (RFC 9449 §4.3) but for its replay, which is a matter of who
    /// else is in the end let in with it.
    pub(crate) fn judge(
        &self,
        request: RequestView<'_>,
        token: &AccessToken,
        clock: &dyn Clock,
    ) -> Result<Proven, Rejection> {
        let proof = Proof::parse(only_proof(request)?, &self.algorithms)?;
        let now = clock.now();
        proof.judge_method(request.method)?;
        proof.judge_age(now, self.window)?;
        proof.judge_token(token)?;
        let htu = match &self.request_uri {
            Some(original) => self.target.meant_by(&proof.htu, original(request).path())?,
            None => self.target.meant_by(&proof.htu, request.uri.path())?,
        };
        let key = proof.judge_signature()?;
        Ok(Proven {
            key,
            next_nonce: self.judge_nonce(&proof, now)?,
            proof: self
                .replays
                .proof(key, &htu, &proof.jti, proof.iat, self.window),
        })
    }

    fn judge_nonce(
        &self,
        proof: &Proof<'_>,
        now: Timestamp,
    ) -> Result<Option<HeaderValue>, Rejection> {
        match &self.nonces {
            Some(nonces) => nonces.judge(proof.nonce.as_deref(), now),
            None => Ok(None),
        }
    }

    /// A nonce for a client that has none.
    pub(crate) fn nonce(&self, now: Timestamp) -> Option<HeaderValue> {
        self.nonces.as_ref().and_then(|nonces| nonces.current(now))
    }

    /// Keeps the proof out of what services further in print.
    pub(crate) fn cover(headers: &mut HeaderMap) {
        if let Entry::Occupied(mut proofs) = headers.entry(PROOF) {
            proofs
                .iter_mut()
                .for_each(|proof| proof.set_sensitive(true));
        }
    }

    /// Whether a proof that was judged by these settings needs no judging by the others: they insist
    /// on nothing that these do not. Method and address were judged where the request entered.
    pub(crate) fn suffices_for(&self, other: &Self) -> bool {
        let mut algorithms = self.algorithms.iter();
        algorithms.all(|algorithm| other.algorithms.contains(algorithm))
            && self.window <= other.window
            && (self.nonces.is_some() || other.nonces.is_none())
            && self.has_taken_for(other)
    }

    /// Whether a proof that was used by these settings need not be used up by the others.
    pub(crate) fn has_taken_for(&self, other: &Self) -> bool {
        self.replays.reach_as_far_as(&other.replays)
    }

    /// The names of the algorithms, as challenges and metadata have them.
    pub(crate) fn algorithm_names(&self) -> impl Iterator<Item = &'static str> {
        self.algorithms.iter().map(|algorithm| algorithm.name())
    }
}

/// The one proof of a request: none, two and a list of them are none.
fn only_proof(request: RequestView<'_>) -> Result<&str, Rejection> {
    let mut values = request.headers.get_all(PROOF).iter();
    let invalid = |diagnosis| Rejection::because(Reason::InvalidProof, diagnosis);
    let value = values
        .next()
        .ok_or_else(|| invalid("the scheme is `DPoP`, and the request has no `DPoP` header"))?;
    if values.next().is_some() {
        return Err(invalid("the request has more than one `DPoP` header"));
    }
    value
        .to_str()
        .map_err(|_| invalid("the `DPoP` header is not ASCII"))
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop")
            .field("target", &self.target)
            .field("algorithms", &self.algorithms)
            .field("window", &self.window)
            .field("wants_nonces", &self.nonces.is_some())
            .finish_non_exhaustive()
    }
}
