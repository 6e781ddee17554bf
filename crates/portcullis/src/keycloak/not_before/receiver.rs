use std::{fmt, sync::Arc, time::Duration};

use super::{CutOffPoll, MessageRules, message::Message};
use crate::{
    Clock, NoticeReceipt,
    revocation::{News, NoticeError, RevocationNotice, RevocationSet, Signatory},
    telemetry::NoticeOutcome,
};

/// Takes what Keycloak tells of moved cut-offs ("not before") at the admin URL of a client, however it
/// comes in: `not_before_router` of `portcullis-axum` has routes for it. Cheap to clone.
///
/// A message only rings: the realm itself is asked where its cut-off is. Its messages about the realm
/// and about a client look alike, and an old one that is sent again must not lower anything.
#[derive(Clone)]
pub struct NotBeforeReceiver {
    shared: Arc<Shared>,
}

struct Shared {
    rules: MessageRules,
    signatory: Signatory,
    revocations: RevocationSet,
    poll: Arc<CutOffPoll>,
    clock: Arc<dyn Clock>,
}

impl NotBeforeReceiver {
    /// How long a message may be, in bytes.
    pub const MAX_LENGTH: usize = 64 * 1024;
    /// How long whoever has sent a message waits for the realm.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub(crate) fn new(
        rules: MessageRules,
        signatory: Signatory,
        revocations: RevocationSet,
        poll: Arc<CutOffPoll>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                rules,
                signatory,
                revocations,
                poll,
                clock,
            }),
        }
    }

    /// Takes a message: the body of a request to `k_push_not_before` or `k_logout`.
    pub async fn receive(&self, message: &[u8]) -> NoticeReceipt {
        let shared = &self.shared;
        if message.len() > Self::MAX_LENGTH {
            return shared.refuse("it is too long", NoticeReceipt::TooLong);
        }
        let Ok(text) = std::str::from_utf8(message) else {
            return shared.refuse("it is no text", NoticeReceipt::Refused);
        };
        shared.revocations.begin();
        match shared.judge(text.trim_ascii()).await {
            Ok(message) => {
                // It does not come again, so it is taken also where its sender waits no longer.
                let taking = shared.clone();
                let taking = tokio::spawn(async move { taking.take(message).await });
                let _ = taking.await;
                NoticeReceipt::Taken
            }
            Err(NoticeError::Refused(problem)) => shared.refuse(&problem, NoticeReceipt::Refused),
            Err(NoticeError::KeysUnavailable(problem)) => {
                shared.refuse(&problem, NoticeReceipt::Pending)
            }
        }
    }
}

impl Shared {
    async fn judge(&self, text: &str) -> Result<Message, NoticeError> {
        let jws = self.signatory.read(text)?;
        let message = self.rules.judge(&jws, self.clock.now())?;
        self.signatory.check(&jws, &jws.key_query(None)).await?;
        Ok(message)
    }

    async fn take(&self, message: Message) {
        self.revocations.telemetry().notice(NoticeOutcome::Taken);
        let now = self.clock.now();
        drop(
            self.revocations
                .publish(RevocationNotice::new(News::CutOff, now)),
        );
        let realm = self.poll.ring(NotBeforeReceiver::PATIENCE).await;
        // Keycloak tells 0 where there is none any more.
        let not_before = Some(message.not_before).filter(|date| date.as_milliseconds() > 0);
        // Above the realm's it is the client's own. Where the realm does not answer nobody knows, and
        // the client's is what is certain.
        if realm.flatten() < not_before {
            let news = News::Client {
                client_id: message.client,
                before: message.not_before,
            };
            let notice = RevocationNotice::new(news, now);
            if self.revocations.take(&notice) {
                drop(self.revocations.publish(notice));
            }
        }
    }

    fn refuse(&self, problem: &str, receipt: NoticeReceipt) -> NoticeReceipt {
        let telemetry = self.revocations.telemetry();
        telemetry.notice(NoticeOutcome::Refused);
        tracing::debug!(
            target: "portcullis::revocation",
            issuer = %self.revocations.issuer(),
            "a message about a cut-off is refused: {problem}"
        );
        receipt
    }
}

impl fmt::Debug for NotBeforeReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotBeforeReceiver")
            .field("issuer", self.shared.revocations.issuer())
            .finish_non_exhaustive()
    }
}
