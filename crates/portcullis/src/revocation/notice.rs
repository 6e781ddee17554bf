use std::fmt;

use serde::{Deserialize, Serialize};

use super::origin::Origin;
use crate::Timestamp;

/// News from an issuer: something is over, or may be. Whoever has received it tells the other
/// instances of the service by a [`RevocationFeed`](crate::RevocationFeed).
///
/// Notices merge by "the later one counts": their order, their repetition and their late arrival
/// change nothing, and none undoes another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationNotice {
    #[serde(flatten)]
    pub(super) news: News,
    /// When the first instance that heard of it did.
    pub(super) received: Timestamp,
    /// The client that it was addressed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<String>,
    /// Whose answer it goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
}

/// What a notice says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum News {
    /// A session has ended: its tokens are refused, whenever they were issued.
    Session { sid: String, issued: Timestamp },
    /// All sessions of a subject have ended.
    Subject { sub: String, issued: Timestamp },
    /// Something has happened to a subject that its tokens may not have survived.
    SuspectSubject { sub: String, issued: Timestamp },
    /// The same by e-mail address.
    SuspectEmail { email: String, issued: Timestamp },
    /// Tokens of this client that were issued before that moment are over.
    Client {
        client_id: String,
        before: Timestamp,
    },
    /// A token is over.
    Token { name: String, issued: Timestamp },
    /// A token was called inactive by a call that began then; it has an end of its own.
    SuspectToken {
        name: String,
        sid: Option<String>,
        asked: Timestamp,
        until: Option<Timestamp>,
    },
    /// The cut-off of the whole issuer may have moved: each instance asks for itself.
    CutOff,
}

/// The text is no notice, or one of a later version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a revocation notice that this version understands")]
pub struct MalformedNotice;

impl RevocationNotice {
    pub(crate) fn new(news: News, received: Timestamp) -> Self {
        Self {
            news,
            received,
            client: None,
            origin: None,
        }
    }

    pub(super) fn by(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    pub(crate) fn addressed_to(mut self, client: &str) -> Self {
        self.client = Some(client.to_owned());
        self
    }

    /// When the first instance of the service that heard of it did.
    #[must_use]
    pub fn received(&self) -> Timestamp {
        self.received
    }

    /// The notice as bytes, for a [`RevocationFeed`](crate::RevocationFeed) to carry. They name
    /// sessions and users: a feed over a store that others can read or write has to seal them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The notice that was [encoded](Self::encode).
    ///
    /// # Errors
    /// When the bytes are none, or of a later version.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedNotice> {
        serde_json::from_slice(bytes).map_err(|_| MalformedNotice)
    }
}

impl News {
    /// Its stable name.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Session { .. } => "session",
            Self::Subject { .. } => "subject",
            Self::SuspectSubject { .. } => "suspect_subject",
            Self::SuspectEmail { .. } => "suspect_email",
            Self::Client { .. } => "client",
            Self::Token { .. } => "token",
            Self::SuspectToken { .. } => "suspect_token",
            Self::CutOff => "cut_off",
        }
    }
}

/// Shows of what kind it is and nothing of whom it is about.
impl fmt::Debug for RevocationNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationNotice")
            .field("kind", &self.news.code())
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_survives_the_way_through_a_feed() {
        let moment = Timestamp::from_seconds(1_700_000_000);
        let name = || "a".to_owned();
        for news in [
            News::Session {
                sid: name(),
                issued: moment,
            },
            News::Client {
                client_id: name(),
                before: moment,
            },
            News::SuspectToken {
                name: name(),
                sid: None,
                asked: moment,
                until: Some(moment),
            },
            News::CutOff,
        ] {
            let notice = RevocationNotice::new(news, moment).addressed_to("shop-web");
            assert_eq!(RevocationNotice::decode(&notice.encode()), Ok(notice));
        }
        for bytes in [&b""[..], b"{}", br#"{"kind":"other","received":1}"#] {
            assert_eq!(RevocationNotice::decode(bytes), Err(MalformedNotice));
        }
    }

    #[test]
    fn its_debug_names_nobody() {
        let moment = Timestamp::from_seconds(1);
        let sid = "secret-session".to_owned();
        let notice = RevocationNotice::new(
            News::Session {
                sid,
                issued: moment,
            },
            moment,
        );
        assert!(!format!("{notice:?}").contains("secret"));
    }
}
