use serde_json::{Map, Value};

/// Whom a security event is about (RFC 9493, SSF 1.0 §3), as far as tokens can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A user.
    User(User),
    /// A name that does not say of what: it may be a session's or a user's.
    Opaque(String),
    /// A token, by its `jti`.
    Token(String),
    /// What several members say together.
    Complex(Complex),
    /// Nobody whose tokens can be told: another issuer's user, a telephone number.
    Nobody,
}

/// A user, as tokens name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum User {
    /// By `sub`.
    Subject(String),
    /// By `email`.
    Email(String),
}

/// A subject of several members, all of which it has to match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Complex {
    /// One session, by one name or several.
    pub(super) sessions: Vec<String>,
    /// One user, by one name or several.
    pub(super) users: Vec<User>,
    /// Whether something else narrows it, such as a device or a tenant, which no token tells.
    pub(super) is_narrowed: bool,
}

type Identifier = Map<String, Value>;

impl Subject {
    /// Reads a `sub_id`: one subject, of which each name counts that it has. Other issuers' users and
    /// tokens are none of ours.
    pub(super) fn read(identifier: &Identifier, issuer: &str) -> Vec<Self> {
        let names = names(identifier).into_iter();
        names.map(|name| Self::read_name(name, issuer)).collect()
    }

    fn read_name(identifier: &Identifier, issuer: &str) -> Self {
        let named = |name| text(identifier, name).map(str::to_owned);
        match text(identifier, "format") {
            Some("opaque") => named("id").map_or(Self::Nobody, Self::Opaque),
            Some("jwt_id") if text(identifier, "iss") == Some(issuer) => {
                named("jti").map_or(Self::Nobody, Self::Token)
            }
            Some("complex") => Self::read_complex(identifier, issuer),
            _ => User::read(identifier, issuer).map_or(Self::Nobody, Self::User),
        }
    }

    fn read_complex(members: &Identifier, issuer: &str) -> Self {
        let mut complex = Complex::default();
        for (name, identifier) in members {
            match (name.as_str(), identifier.as_object()) {
                ("format", _) => {}
                ("user", Some(user)) => {
                    let names = names(user);
                    let is_foreign = |name: &&Identifier| is_foreign(name, issuer);
                    if !names.is_empty() && names.iter().all(is_foreign) {
                        return Self::Nobody;
                    }
                    let read = |name: &Identifier| {
                        let opaque = opaque(name).map(User::Subject);
                        opaque.or_else(|| User::read(name, issuer))
                    };
                    complex.users = names.into_iter().filter_map(read).collect();
                }
                ("session", Some(session)) => {
                    complex.sessions = names(session).into_iter().filter_map(opaque).collect();
                    complex.is_narrowed |= complex.sessions.is_empty();
                }
                _ => complex.is_narrowed = true,
            }
        }
        Self::Complex(complex)
    }
}

impl User {
    fn read(identifier: &Identifier, issuer: &str) -> Option<Self> {
        let named = |name| text(identifier, name).map(str::to_owned);
        match text(identifier, "format")? {
            "iss_sub" if !is_foreign(identifier, issuer) => named("sub").map(Self::Subject),
            "email" => named("email").map(Self::Email),
            _ => None,
        }
    }
}

/// The names of one subject: several where it is given by `aliases` (RFC 9493 §3.2.8), which are not
/// nested.
fn names(identifier: &Identifier) -> Vec<&Identifier> {
    if text(identifier, "format") != Some("aliases") {
        return vec![identifier];
    }
    let names = identifier.get("identifiers").and_then(Value::as_array);
    let names = names.into_iter().flatten();
    names.filter_map(Value::as_object).collect()
}

/// Whether it is a user of another issuer.
fn is_foreign(identifier: &Identifier, issuer: &str) -> bool {
    text(identifier, "format") == Some("iss_sub") && text(identifier, "iss") != Some(issuer)
}

fn opaque(identifier: &Identifier) -> Option<String> {
    let is_opaque = text(identifier, "format") == Some("opaque");
    let id = text(identifier, "id").filter(|_| is_opaque);
    id.map(str::to_owned)
}

/// A member that is a text, and not an empty one.
fn text<'a>(identifier: &'a Identifier, name: &str) -> Option<&'a str> {
    let text = identifier.get(name)?.as_str()?;
    Some(text).filter(|text| !text.is_empty())
}
