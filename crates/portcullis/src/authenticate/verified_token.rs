use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Instant,
};

use http::{Extensions, HeaderValue};
use serde::de::DeserializeOwned;

use super::{
    Admission, Authenticator,
    guarded::{Guarded, guarded, until},
    judge::{Question, Verdict},
    progress::Progress,
    required::Required,
    requirements::Requirements,
    settle::settle,
};
use crate::{
    AccessToken, Actor, Answer, Clock, Credentials, Dpop, Freshness, Reason, Rejection,
    Requirement, Thumbprint, Timestamp, TokenFacts, claims::VerifiedBy, uma::AskedPermission,
};

/// The proof that a request's token was verified: what its issuer said of it, what was
/// presented, and when. Only an [`Authenticator`] makes one.
///
/// Clones speak of the same request: what one of them learns or requires, all of them hold.
pub struct VerifiedToken {
    /// The facts the request was admitted with.
    admitted: Arc<TokenFacts>,
    pub(super) presented: Presented,
    /// What has happened to the token within this request; made by the first who needs it.
    progress: OnceLock<Arc<Progress>>,
}

/// What has to be found out of a token before it can be judged again, and the verdict then.
pub(super) type Settling = Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>;

/// What a request presented, and when.
#[derive(Clone)]
pub(super) struct Presented {
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) credentials: Credentials,
    pub(super) arrived: Instant,
    /// When whoever has sent the request waits no longer, by the time that really passes.
    pub(super) caller_deadline: Option<tokio::time::Instant>,
}

impl VerifiedToken {
    pub(super) fn new(admitted: Arc<TokenFacts>, presented: Presented) -> Self {
        Self {
            admitted,
            presented,
            progress: OnceLock::new(),
        }
    }

    /// The token of a request that needs one.
    ///
    /// # Errors
    /// [`Reason::MissingToken`] when the request is anonymous, [`Reason::LayerMissing`] when no
    /// [`AuthenticateLayer`](crate::AuthenticateLayer) is around the route.
    pub fn of(extensions: &Extensions) -> Result<&Self, Rejection> {
        Admission::token(extensions)
    }

    /// What the issuer said of the token: the newest that this request knows.
    #[must_use]
    pub fn facts(&self) -> Arc<TokenFacts> {
        match self.progress.get() {
            Some(progress) => progress.facts(),
            None => self.admitted.clone(),
        }
    }

    /// The claims as a type of your own, deserialized once per token and type.
    ///
    /// # Errors
    /// [`Reason::ClaimsDoNotFit`] when they do not fit: the token is good all the same, so this
    /// is 403 and never 401. The diagnosis names the place. [`Reason::Internal`] when the type
    /// panics.
    pub fn claims<T>(&self) -> Result<Arc<T>, Rejection>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        guarded("a claims type panicked while it was deserialized", || {
            let claims = match self.progress.get() {
                Some(progress) => progress.facts().claims(),
                None => self.admitted.claims(),
            };
            claims.map_err(|error| Rejection::because(Reason::ClaimsDoNotFit, error.to_string()))
        })
    }

    /// Who acts for the subject of the token; see [`TokenFacts::actors`].
    #[must_use]
    pub fn actors(&self) -> Vec<Actor> {
        self.facts().actors().to_vec()
    }

    /// Who vouched for the token.
    #[must_use]
    pub fn verified_by(&self) -> VerifiedBy {
        self.facts().verified_by()
    }

    /// The token itself, for those who ask about it.
    pub(crate) fn access_token(&self) -> &AccessToken {
        &self.presented.credentials.token
    }

    /// Waits for something that is asked about the token, and no longer than the caller waits.
    pub(crate) async fn waiting_for<T>(
        &self,
        asking: impl Future<Output = Result<T, Rejection>>,
    ) -> Result<T, Rejection> {
        until(self.presented.caller_deadline, asking).await
    }

    /// When the request arrived, by the clock of the verifier.
    #[must_use]
    pub fn arrived(&self) -> Instant {
        self.presented.arrived
    }

    /// The `WWW-Authenticate` values of the layer that has let this token in, for a rejection that
    /// somebody else renders: none where a new token would not help (500, 503).
    #[must_use]
    pub fn challenges(&self, rejection: &Rejection) -> Vec<HeaderValue> {
        let Presented {
            authenticator,
            credentials,
            ..
        } = &self.presented;
        let challenges = authenticator
            .space()
            .challenges(rejection, Some(credentials.scheme));
        challenges.collect()
    }

    /// Requires something of the token: judged now, and again on whatever newer facts this
    /// request will learn. What is required again, as
    /// [`is_same_as`](Requirement::is_same_as) has it, is remembered once.
    ///
    /// # Errors
    /// The rejection of the requirement; [`Reason::RequirementNotMet`] where the request was held to
    /// 1024 others already.
    pub fn require(&self, requirement: impl Requirement) -> Result<(), Rejection> {
        self.require_shared(Arc::new(requirement))
    }

    /// Holds the token against something, now and once: for what a single message of a stream needs,
    /// and the next one may not.
    ///
    /// # Errors
    /// The rejection of the requirement.
    pub fn meets(&self, requirement: &dyn Requirement) -> Result<(), Rejection> {
        guarded("a requirement panicked", || {
            requirement.judge(&self.facts(), self.now())
        })
    }

    /// As [`require`](Self::require), a requirement that many requests share.
    ///
    /// # Errors
    /// As for [`require`](Self::require).
    pub fn require_shared(&self, requirement: Arc<dyn Requirement>) -> Result<(), Rejection> {
        self.hold_to(&Required::OfFacts(requirement))
    }

    /// Requires a permission that the server can be asked for. Where it is asked about the token, it is
    /// asked for that too, if its answer does not say it.
    pub(crate) fn require_asked(&self, permission: Arc<AskedPermission>) -> Result<(), Rejection> {
        self.hold_to(&Required::Asked(permission))
    }

    pub(super) fn hold_to(&self, required: &Required) -> Result<(), Rejection> {
        self.progress().require(required, self.now())
    }

    /// Learns facts as fresh as asked for, judges them, and holds them against everything the
    /// route requires. Where the request already knows facts that fresh, nobody is asked.
    ///
    /// With [`Freshness::Live`] the answer is the server's own, computed after this request
    /// arrived.
    ///
    /// # Errors
    /// 401 when the token is no longer good, 403 when it no longer suffices, 503 when the server
    /// could not be asked, 500 when the verifier cannot ask or our own configuration is wrong.
    pub fn refreshed(
        &self,
        freshness: Freshness,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send + 'static + use<> {
        let token = self.clone();
        async move {
            if token.is_fresh(freshness) {
                token.judge_again_or_ask().await?;
            } else {
                token.ask(freshness).await?;
            }
            Ok(token)
        }
    }

    /// Asks the authorization server again, now: for after a long body was read, or inside a
    /// stream. Permissions that it can be asked for
    /// ([`RequirePermission::asking`](crate::RequirePermission::asking)) are asked for again where its
    /// answer about the token does not say them and what it said of them is no longer kept.
    ///
    /// # Errors
    /// As for [`VerifiedToken::refreshed`].
    pub async fn still_active(&self) -> Result<(), Rejection> {
        self.ask(Freshness::Live).await
    }

    async fn ask(&self, freshness: Freshness) -> Result<(), Rejection> {
        let Presented {
            authenticator,
            credentials,
            ..
        } = &self.presented;
        if !authenticator.verifier().can_ask() {
            return Err(Rejection::because(
                Reason::CannotAsk,
                "the route wants a live answer and its verifier cannot ask; give the issuer client credentials and use `issuer.hybrid()` or `issuer.introspection()`",
            ));
        }
        if !authenticator.can_ask_about(credentials) {
            return Err(Rejection::because(
                Reason::UnsupportedToken,
                "the route wants a live answer, and the issuer of this token cannot be asked: give it client credentials, and the way `hybrid` or `introspect`",
            ));
        }
        let began = authenticator.clock().monotonic();
        let answer = self.answer(freshness, began).await;
        self.learn(answer, began).await
    }

    /// What the verifier says of the token now, if that is good.
    pub(super) async fn answer(&self, freshness: Freshness, began: Instant) -> Answer {
        let Presented {
            authenticator,
            credentials,
            caller_deadline,
            ..
        } = &self.presented;
        let verifier = authenticator.verifier();
        let facts = Guarded::start(|| verifier.verify(credentials, freshness))
            .until(*caller_deadline)
            .await?;
        judge_freshness(&facts, freshness, began)?;
        match self.verdict(&facts) {
            Verdict::Good => Ok(facts),
            Verdict::Refused(rejection) => Err(rejection),
            Verdict::Open(question) => settle(self.presented.clone(), facts, question).await,
        }
    }

    /// Has the server say what it grants of what is required, where it has not just said so, and judges
    /// that.
    async fn ask_for_permissions_again(&self) -> Result<(), Rejection> {
        let progress = self.progress();
        let required = progress.requirements();
        let mut asked = required.iter().filter_map(Required::asked).peekable();
        if asked.peek().is_none() {
            return Ok(());
        }
        let began = self.clock().monotonic();
        for permission in asked {
            let renewed = self.waiting_for(permission.renew(self)).await;
            renewed.inspect_err(|rejection| progress.note(rejection, began))?;
        }
        progress.judge_again(self.now())
    }

    /// Takes over what came of asking, from `began` on. Where another instance has asked, and ours stays since it
    /// may be the newer, neither decides what the token may do, and the server is asked.
    pub(super) async fn learn(&self, answer: Answer, began: Instant) -> Result<(), Rejection> {
        let asked = self.take_over(answer, began)?;
        if asked > self.facts().asked_at() {
            let began = self.clock().monotonic();
            let answer = self.answer(Freshness::Live, began).await;
            self.take_over(answer, began)?;
        }
        self.ask_for_permissions_again().await
    }

    /// Takes over an answer, unless what is known already is newer, and tells when its call began.
    fn take_over(&self, answer: Answer, began: Instant) -> Result<Option<Instant>, Rejection> {
        let progress = self.progress();
        let facts = answer.inspect_err(|rejection| progress.note(rejection, began))?;
        let asked = facts.asked_at();
        progress.learn(facts, self.now())?;
        Ok(asked)
    }

    /// Whether the request already knows facts this fresh.
    fn is_fresh(&self, freshness: Freshness) -> bool {
        let now = self.clock().monotonic();
        self.progress()
            .is_fresh(freshness, self.presented.arrived, now)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.presented.authenticator.clock()
    }

    /// The same for what outlives the answer: whoever waits for that says nothing of it.
    pub(super) fn without_caller_deadline(&self) -> Self {
        let mut token = self.clone();
        token.presented.caller_deadline = None;
        token
    }

    fn verdict(&self, facts: &TokenFacts) -> Verdict {
        let Presented {
            authenticator,
            credentials,
            ..
        } = &self.presented;
        authenticator.judge(facts, credentials, authenticator.clock().read())
    }

    /// The verdict on what is known already: facts are kept, verdicts never. Where something has to be
    /// found out first, that.
    pub(super) fn judge_again(&self) -> Result<Option<Settling>, Rejection> {
        let facts = self.facts();
        match self.verdict(&facts) {
            Verdict::Good => self.progress().judge_again(self.now()).map(|()| None),
            Verdict::Refused(rejection) => Err(rejection),
            Verdict::Open(question) => Ok(Some(Box::pin(self.clone().settle(facts, question)))),
        }
    }

    /// The same, waited for.
    async fn judge_again_or_ask(&self) -> Result<(), Rejection> {
        match self.judge_again()? {
            Some(settling) => settling.await,
            None => Ok(()),
        }
    }

    async fn settle(self, facts: Arc<TokenFacts>, question: Question) -> Result<(), Rejection> {
        let began = self.clock().monotonic();
        let answer = settle(self.presented.clone(), facts, question).await;
        self.learn(answer, began).await
    }

    /// What was required of this very token so far.
    pub(super) fn requirements_of(&self, credentials: &Credentials) -> Requirements {
        match self.progress.get() {
            Some(progress) if self.presented.credentials.is_same_token(credentials) => {
                progress.requirements()
            }
            _ => Requirements::default(),
        }
    }

    /// The key that came with this very token, and how its proof was judged.
    pub(super) fn proven_key_of(&self, credentials: &Credentials) -> Option<(Thumbprint, &Dpop)> {
        let own = &self.presented.credentials;
        let is_same = own.is_same_token(credentials) && own.scheme == credentials.scheme;
        let key = own.possession().key.filter(|_| is_same)?;
        Some((key, self.presented.authenticator.proofs()?))
    }

    pub(super) fn progress(&self) -> &Arc<Progress> {
        self.progress
            .get_or_init(|| Arc::new(Progress::new(self.admitted.clone())))
    }
}

/// Refuses an answer that is older than asked for.
fn judge_freshness(
    facts: &TokenFacts,
    freshness: Freshness,
    began: Instant,
) -> Result<(), Rejection> {
    let is_fresh = match freshness {
        Freshness::Live => facts.asked_here_at() >= Some(began),
        Freshness::Within(age) => facts.asked_within(age, began),
        Freshness::AsConfigured => true,
    };
    if is_fresh {
        return Ok(());
    }
    Err(Rejection::because(
        Reason::AnswerNotLive,
        "the verifier's answer is older than asked for, or does not say when its call began",
    ))
}

impl Clone for VerifiedToken {
    fn clone(&self) -> Self {
        Self {
            admitted: self.admitted.clone(),
            presented: self.presented.clone(),
            progress: OnceLock::from(self.progress().clone()),
        }
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("verified_by", &self.admitted.verified_by())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
