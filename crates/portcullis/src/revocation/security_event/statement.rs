use serde_json::{Map, Value};

use super::subject::{Complex, Subject, User};
use crate::{Timestamp, revocation::News};

/// What a security event says, as far as it is of consequence here.
#[derive(Debug)]
pub(super) enum Statement {
    /// A session was revoked (CAEP 1.0 §3.1).
    SessionRevoked {
        subject: Vec<Subject>,
        at: Timestamp,
    },
    /// Something that a user proves an identity with has changed (CAEP 1.0 §3.3).
    CredentialChange {
        subject: Vec<Subject>,
        at: Timestamp,
    },
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
        subject: impl FnOnce() -> Result<Vec<Subject>, &'static str>,
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
        let told = |subject: Vec<Subject>, news: &dyn Fn(Subject) -> Vec<News>| {
            subject.into_iter().flat_map(news).collect()
        };
        match self {
            Self::SessionRevoked { subject, at } => told(subject, &|name| ended(name, at)),
            Self::CredentialChange { subject, at } => told(subject, &|name| changed(name, at)),
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
        Subject::Complex(complex) => complex.ended(issued),
        Subject::Nobody => Vec::new(),
    }
}

fn changed(subject: Subject, issued: Timestamp) -> Vec<News> {
    let users = match subject {
        Subject::User(user) => vec![user],
        Subject::Opaque(id) => vec![User::Subject(id)],
        Subject::Complex(complex) => complex.users,
        Subject::Token(_) | Subject::Nobody => Vec::new(),
    };
    let users = users.into_iter();
    users.map(|user| user.changed(issued)).collect()
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
    fn ended(self, issued: Timestamp) -> Vec<News> {
        let Self {
            mut sessions,
            users,
            is_narrowed,
        } = self;
        sessions.retain(|sid| sid != ALL_SESSIONS || users.is_empty());
        if !sessions.is_empty() {
            let sessions = sessions.into_iter();
            return sessions.map(|sid| News::Session { sid, issued }).collect();
        }
        let news = |user: User| {
            if is_narrowed {
                // Those of one device, or within one tenant: no token tells.
                user.changed(issued)
            } else {
                user.ended(issued)
            }
        };
        users.into_iter().map(news).collect()
    }
}
