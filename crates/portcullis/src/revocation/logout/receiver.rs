use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    LogoutRules,
    parked::{Parked, ParkedToken, Parking},
    token::{LoggedOut, LogoutToken},
    warnings::Warnings,
};
use crate::{
    Clock, NoticeReceipt,
    revocation::{
        News, RevocationNotice, RevocationSet,
        signatory::{NoticeError, Signatory},
    },
    telemetry::NoticeOutcome,
    verify::introspection::InFlight,
};

/// Takes the logout tokens of one issuer (OpenID Connect Back-Channel Logout 1.0), however they come
/// in: `backchannel_logout_route` of `portcullis-axum` is a route for them. Cheap to clone.
///
/// The issuer ends a session only after the answer, and never repeats a notice. So a token is first
/// taken over here, so that nobody asks about the session any more, then told to the other
/// instances, then waited for until no introspection of the session is under way; the last two take
/// 250 ms at the most, and what takes longer goes on in the background.
#[derive(Clone)]
pub struct LogoutReceiver {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) rules: LogoutRules,
    pub(super) signatory: Signatory,
    pub(super) revocations: RevocationSet,
    /// Calls to the server that must have ended; of an issuer that cannot be asked there are none.
    pub(super) in_flight: Option<Arc<InFlight>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) parked: Parked,
    pub(super) warnings: Warnings,
}

impl LogoutReceiver {
    /// How long the body of a request may be, in bytes, and so a logout token.
    pub const MAX_LENGTH: usize = 64 * 1024;

    pub(crate) fn new(
        rules: LogoutRules,
        signatory: Signatory,
        revocations: RevocationSet,
        in_flight: Option<Arc<InFlight>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                rules,
                signatory,
                revocations,
                in_flight,
                clock,
                parked: Parked::default(),
                warnings: Warnings::default(),
            }),
        }
    }

    /// Takes the body of a request for what it should be: a form with one `logout_token` (§2.5).
    pub async fn receive_form(&self, content_type: Option<&str>, body: &[u8]) -> NoticeReceipt {
        if body.len() > Self::MAX_LENGTH {
            return self
                .shared
                .refuse("the body is too long", NoticeReceipt::TooLong);
        }
        let is_form = content_type.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        let mut tokens = form_urlencoded::parse(body)
            .filter_map(|(name, value)| (name == "logout_token").then_some(value));
        match (tokens.next(), tokens.next()) {
            (Some(token), None) if is_form => self.receive(&token).await,
            _ => self.shared.refuse(
                "the request is no form with one `logout_token`",
                NoticeReceipt::Refused,
            ),
        }
    }

    /// Takes a logout token.
    pub async fn receive(&self, logout_token: &str) -> NoticeReceipt {
        if logout_token.len() > Self::MAX_LENGTH {
            return self.shared.refuse("it is too long", NoticeReceipt::TooLong);
        }
        self.shared.revocations.begin();
        self.shared.receive(logout_token).await
    }
}

impl Shared {
    /// How long whoever has sent a token waits for what may go on in the background.
    const PATIENCE: Duration = Duration::from_millis(250);
    /// How long the other instances are given, once they are told, to hear of it and to be answered
    /// what they had asked by then: nobody here can see their calls.
    const ELSEWHERE: Duration = Duration::from_millis(50);

    async fn receive(self: &Arc<Self>, text: &str) -> NoticeReceipt {
        match self.judge(text).await {
            Ok(token) => {
                let deadline = Instant::now() + Self::PATIENCE;
                self.take(token).settled(self, deadline).await;
                NoticeReceipt::Taken
            }
            Err(error) => self.refuse_or_park(text, error),
        }
    }

    /// The same for one that has waited here: its sender does not wait any more, and nobody behind it
    /// must.
    pub(super) async fn receive_parked(self: &Arc<Self>, text: &str) {
        match self.judge(text).await {
            Ok(token) => drop(self.take(token)),
            // What cannot be judged even now is parked again, or has ended.
            Err(error) => {
                self.refuse_or_park(text, error);
            }
        }
    }

    fn refuse_or_park(self: &Arc<Self>, text: &str, error: NoticeError) -> NoticeReceipt {
        match error {
            NoticeError::Refused(problem) => {
                self.warnings.of_secret_signature(&self.rules, text);
                self.refuse(&problem, NoticeReceipt::Refused)
            }
            NoticeError::KeysUnavailable(problem) => self.park(text, &problem),
        }
    }

    /// Everything about a token, its signature last. Where its sender goes away while the keys are
    /// fetched, it waits for them all the same.
    async fn judge(self: &Arc<Self>, text: &str) -> Result<LogoutToken, NoticeError> {
        let jws = self.signatory.read(text)?;
        let token = self.rules.judge(&jws, self.clock.now())?;
        let mut unjudged = Unjudged {
            shared: self,
            text: Some(text),
        };
        let checked = self.signatory.check(&jws, &token.query).await;
        unjudged.text = None;
        checked.map(|()| token)
    }

    /// Takes a token over here, and has the others told.
    fn take(&self, token: LogoutToken) -> Taken<impl Future<Output = bool> + use<>> {
        let issued = token.issued;
        let (news, sid) = match token.ended {
            LoggedOut::Session(sid) => {
                let about = Some(sid.clone());
                (News::Session { sid, issued }, about)
            }
            LoggedOut::Subject(sub) => {
                self.warnings.of_missing_session(&self.rules, &token.client);
                (News::Subject { sub, issued }, None)
            }
        };
        let notice = RevocationNotice::new(news, self.clock.now()).addressed_to(&token.client);
        let is_news = self.revocations.take(&notice);
        self.revocations.telemetry().notice(if is_news {
            NoticeOutcome::Taken
        } else {
            NoticeOutcome::Repeated
        });
        let told = is_news.then(|| self.revocations.publish(notice));
        Taken { sid, told }
    }

    fn refuse(&self, problem: &str, receipt: NoticeReceipt) -> NoticeReceipt {
        let telemetry = self.revocations.telemetry();
        telemetry.notice(NoticeOutcome::Refused);
        tracing::debug!(
            target: "portcullis::revocation",
            issuer = %self.rules.issuer,
            "a logout token is refused: {problem}"
        );
        receipt
    }

    /// Keeps a token until the keys can be had: it will not be sent again.
    fn park(self: &Arc<Self>, text: &str, problem: &str) -> NoticeReceipt {
        let now = self.clock.now();
        let judged = self
            .signatory
            .read(text)
            .and_then(|jws| self.rules.judge(&jws, now));
        let Ok(token) = judged else {
            return self.refuse("it has expired meanwhile", NoticeReceipt::Refused);
        };
        let parked = ParkedToken {
            text: text.into(),
            query: token.query,
            ends: token.ends,
        };
        let parking = self.parked.add(parked, now);
        let (outcome, word) = match parking {
            Parking::Unattended | Parking::Waits => (NoticeOutcome::Parked, "it waits for them"),
            Parking::Full | Parking::StillFull => {
                (NoticeOutcome::Dropped, "there is no room for it to wait")
            }
        };
        self.revocations.telemetry().notice(outcome);
        let issuer = &self.rules.issuer;
        let why = "a logout token cannot be judged without the issuer's keys";
        // Anybody may send them, so only the first of many is worth a word.
        if matches!(parking, Parking::Unattended | Parking::Full) {
            tracing::warn!(target: "portcullis::revocation", %issuer, "{why}, and {word}: {problem}");
        } else {
            tracing::debug!(target: "portcullis::revocation", %issuer, "{why}, and {word}: {problem}");
        }
        if parking == Parking::Unattended {
            self.attend();
        }
        NoticeReceipt::Pending
    }
}

/// A token that was taken over here, and is told to the others, whether anybody waits or not.
struct Taken<T> {
    sid: Option<String>,
    /// Whether they will find it; `None` where there was nothing new to tell.
    told: Option<T>,
}

impl<T: Future<Output = bool>> Taken<T> {
    /// Waits for calls about the session that are under way, and for the others, until `deadline`.
    async fn settled(self, shared: &Shared, deadline: Instant) {
        // Also where it was heard of before: each front end of a session has a notice of its own, and
        // another instance may have taken the first.
        if let Some(in_flight) = &shared.in_flight {
            let quiet = in_flight.quiet(self.sid.as_deref());
            // A call that is under way all the same has done its harm by then.
            let _ = tokio::time::timeout_at(deadline, quiet).await;
        }
        let Some(told) = self.told else {
            return;
        };
        match tokio::time::timeout_at(deadline, told).await {
            Ok(false) => {}
            Ok(true) => {
                let answered = deadline.min(Instant::now() + Shared::ELSEWHERE);
                tokio::time::sleep_until(answered).await;
            }
            Err(_) => {
                tracing::warn!(
                    target: "portcullis::revocation",
                    issuer = %shared.rules.issuer,
                    "the other instances were not told of a logout within 250 ms; that goes on in the background"
                );
            }
        }
    }
}

/// A token of which it is being found out who has signed it. Cut off, it is parked.
struct Unjudged<'a> {
    shared: &'a Arc<Shared>,
    text: Option<&'a str>,
}

impl Drop for Unjudged<'_> {
    fn drop(&mut self) {
        if let Some(text) = self.text {
            self.shared.park(text, "its sender has gone meanwhile");
        }
    }
}

impl fmt::Debug for LogoutReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutReceiver")
            .field("issuer", &self.shared.rules.issuer)
            .finish_non_exhaustive()
    }
}
