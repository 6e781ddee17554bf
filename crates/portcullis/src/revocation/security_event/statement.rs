use serde_json::{Map, Value};

use super::subject::{Complex, Subject, User};
use crate::{Timestamp, revocation::News};

/// What a security event says, as far as it is of consequence here.
#[derive(Debug)]
pub(super) enum Statement {
    /// A session was revoked (CAEP 1.0 §3.1).
    SessionRevoked { subject: Subject, at: Timestamp },
    /// Something that a user proves an identity with has changed (CAEP 1.0 §3.3).
    CredentialChange { subject: Subject, at: Timestamp },
    /// The stream works: somebody has asked (SSF 1.0 §8.1.4.1).
    Verification { state: Option<String> },
    /// The transmitter has paused the stream, or ended it (SSF 1.0 §8.1.5).
    StreamStopped,
    /// Something else.
    Other,
}

/// What stands in the place of a session for all sessions of the user beside it, in Keycloak.
const ALL_SESSIONS: &str = "ALL";

impl Statement {
    const SESSION_REVOKED: &str =
        "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    const CREDENTIAL_CHANGE: &str =
        "https://schemas.openid.net/secevent/caep/event-type/credential-change";
    const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
    const STREAM_UPDATED: &str =
        "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

    /// Reads an event; `subject` is asked for where the event is about somebody. `Err` says what is
    /// wrong with it.
    pub(super) fn read(
        event_type: &str,
        event: &Value,
        subject: impl FnOnce() -> Result<Subject, &'static str>,
        happened: impl FnOnce(Option<&Value>) -> Timestamp,
    ) -> Result<Self, &'static str> {
        let members = || -> Result<&Map<String, Value>, &'static str> {
            let members = event.as_object();
            members.ok_or("its event is not an object")
        };
        Ok(match event_type {
            Self::SESSION_REVOKED => Self::SessionRevoked {
                at: happened(members()?.get("event_timestamp")),
                subject: subject()?,
            },
            Self::CREDENTIAL_CHANGE => Self::CredentialChange {
                at: happened(members()?.get("event_timestamp")),
                subject: subject()?,
            },
            Self::VERIFICATION => {
                let state = members()?.get("state").and_then(Value::as_str);
                Self::Verification {
                    state: state.map(str::to_owned),
                }
            }
            Self::STREAM_UPDATED => match members()?.get("status").and_then(Value::as_str) {
                Some("paused" | "disabled") => Self::StreamStopped,
                _ => Self::Other,
            },
            _ => Self::Other,
        })
    }

    /// The news in it. In doubt there is more of it rather than less: what is not certain is asked
    /// about, and what may be either is both.
    pub(super) fn news(self) -> Vec<News> {
        match self {
            Self::SessionRevoked { subject, at } => ended(subject, at),
            Self::CredentialChange { subject, at } => changed(subject, at),
            Self::Verification { .. } | Self::StreamStopped | Self::Other => Vec::new(),
        }
    }
}

fn ended(subject: Subject, issued: Timestamp) -> Vec<News> {
    match subject {
        Subject::User(user) => vec![user.ended(issued)],
        Subject::Opaque(id) => vec![
            News::Session {
                sid: id.clone(),
                issued,
            },
            News::Subject { sub: id, issued },
        ],
        Subject::Token(name) => vec![News::Token { name, issued }],
        Subject::Complex(complex) => complex.ended(issued).into_iter().collect(),
        Subject::Nobody => Vec::new(),
    }
}

fn changed(subject: Subject, issued: Timestamp) -> Vec<News> {
    let user = match subject {
        Subject::User(user) => Some(user),
        Subject::Opaque(id) => Some(User::Subject(id)),
        Subject::Complex(complex) => complex.user,
        Subject::Token(_) | Subject::Nobody => None,
    };
    user.map(|user| user.changed(issued)).into_iter().collect()
}

impl User {
    /// All its sessions are over. Two users can have had one address, so its tokens are asked about.
    fn ended(self, issued: Timestamp) -> News {
        match self {
            Self::Subject(sub) => News::Subject { sub, issued },
            Self::Email(_) => self.changed(issued),
        }
    }

    /// Its tokens may have survived or not.
    fn changed(self, issued: Timestamp) -> News {
        match self {
            Self::Subject(sub) => News::SuspectSubject { sub, issued },
            Self::Email(email) => News::SuspectEmail { email, issued },
        }
    }
}

impl Complex {
    fn ended(self, issued: Timestamp) -> Option<News> {
        let Self {
            session,
            user,
            is_narrowed,
        } = self;
        match (session, user) {
            (Some(sid), user) if sid != ALL_SESSIONS || user.is_none() => {
                Some(News::Session { sid, issued })
            }
            // Those of one device, or within one tenant: no token tells.
            (_, Some(user)) if is_narrowed => Some(user.changed(issued)),
            (_, Some(user)) => Some(user.ended(issued)),
            (_, None) => None,
        }
    }
}
