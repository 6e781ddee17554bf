use std::{fmt, sync::Arc};

use super::{
    PushAuthorization, SecurityEventError, SecurityEventIntake, SecurityEventReceipt,
    rules::Refusal,
};
use crate::revocation::RevocationSet;

/// Takes the security events that one issuer pushes (RFC 8935), however they come in:
/// `security_event_route` of `portcullis-axum` is a route for them. Cheap to clone.
///
/// What CAEP 1.0 tells by `session-revoked` is over at once; the tokens of a user whom it tells a
/// `credential-change` of are asked about. Other events are accepted and change nothing.
#[derive(Clone)]
pub struct SecurityEventReceiver {
    intake: Arc<SecurityEventIntake>,
    authorization: Option<PushAuthorization>,
    revocations: RevocationSet,
}

impl SecurityEventReceiver {
    /// How long the body of a request may be, in bytes, and so a security event.
    pub const MAX_LENGTH: usize = SecurityEventIntake::MAX_LENGTH;

    pub(crate) fn new(
        intake: Arc<SecurityEventIntake>,
        authorization: Option<PushAuthorization>,
        revocations: RevocationSet,
    ) -> Self {
        Self {
            intake,
            authorization,
            revocations,
        }
    }

    /// Takes a `POST` for what it should be (§2.1): a body of the content type
    /// `application/secevent+jwt`, with the value of `Authorization` that
    /// [`security_event_authorization`](crate::IssuerBuilder::security_event_authorization) has
    /// named, if it has. Each header is `None` where it is missing, or there twice.
    pub async fn receive(
        &self,
        authorization: Option<&str>,
        content_type: Option<&str>,
        body: &[u8],
    ) -> SecurityEventReceipt {
        let refused = |problem, receipt| {
            self.intake.count_refused(problem, &self.revocations);
            receipt
        };
        let agreed = self.authorization.as_ref();
        if agreed.is_some_and(|agreed| !agreed.admits(authorization)) {
            let problem = "its `Authorization` is not that of `security_event_authorization`";
            return refused(problem, SecurityEventReceipt::Unauthorized);
        }
        if body.len() > Self::MAX_LENGTH {
            return refused("it is too long", SecurityEventReceipt::TooLong);
        }
        self.revocations.begin();
        match text_of(content_type, body).and_then(|text| self.intake.read(text)) {
            Ok(event) => {
                let patience = SecurityEventIntake::PATIENCE;
                self.intake.settle(event, &self.revocations, patience).await
            }
            Err(refusal) => self.intake.refuse(&refusal, &self.revocations),
        }
    }
}

/// The text of a body that says it is a security event.
fn text_of<'a>(content_type: Option<&str>, body: &'a [u8]) -> Result<&'a str, Refusal> {
    let malformed = |problem| Refusal::new(SecurityEventError::InvalidRequest, problem);
    let media_type = content_type.and_then(|content_type| content_type.split(';').next());
    let is_event = media_type.is_some_and(|media_type| {
        let media_type = media_type.trim();
        media_type.eq_ignore_ascii_case("application/secevent+jwt")
    });
    if !is_event {
        return Err(malformed(
            "its content type is not `application/secevent+jwt`",
        ));
    }
    std::str::from_utf8(body).map_err(|_| malformed("it is no text"))
}

impl fmt::Debug for SecurityEventReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityEventReceiver")
            .field("issuer", self.revocations.issuer())
            .finish_non_exhaustive()
    }
}
