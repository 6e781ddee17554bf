use portcullis::{Principal, Reason, Rejection, TokenFacts};
use serde::Deserialize;
use serde_json::Value;

use super::encoding::push_encoded;

/// What of a token goes into an identity header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Source {
    /// `sub`.
    Subject,
    /// The client that the token was issued to: `azp`, else `client_id`.
    Client,
    /// `iss`.
    Issuer,
    /// The scopes, as a list.
    Scopes,
    /// `user` or `client`: whom `sub` names. Some client's id may be the very text of some user's `sub`
    /// (RFC 9700 §4.15).
    Kind,
    /// A claim, by JSON pointer (RFC 6901): `/email`, `/realm_access/roles`.
    Claim(Box<str>),
}

/// A text names nothing of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nothing of a token: write `subject`, `client`, `issuer`, `scopes` or `kind`, or the JSON pointer of a claim, such as `/email` or `/realm_access/roles`"
)]
pub struct SourceError(String);

impl Source {
    /// What the token says, encoded.
    pub(super) fn read(&self, facts: &TokenFacts) -> Result<String, Rejection> {
        let claims = facts.registered();
        let mut value = String::new();
        match self {
            Self::Subject => push(claims.sub.as_deref(), &mut value),
            Self::Client => push(claims.authorized_party(), &mut value),
            Self::Issuer => push(claims.iss.as_deref(), &mut value),
            Self::Scopes => {
                let mut scopes = List::new(&mut value);
                claims.scope.iter().for_each(|scope| scopes.push(scope));
            }
            Self::Kind => value.push_str(match facts.principal() {
                Some(Principal::User(_)) => "user",
                Some(Principal::Client(_)) => "client",
                _ => "",
            }),
            Self::Claim(pointer) => {
                let claims = facts.claims::<Value>();
                let claims = claims.map_err(|error| {
                    Rejection::because(Reason::ClaimsDoNotFit, error.to_string())
                })?;
                if let Some(claim) = claims.pointer(pointer) {
                    self.push_claim(claim, &mut value)?;
                }
            }
        }
        Ok(value)
    }

    fn push_claim(&self, claim: &Value, value: &mut String) -> Result<(), Rejection> {
        match claim {
            Value::Null => Ok(()),
            Value::Array(elements) => {
                let mut list = List::new(value);
                elements.iter().try_for_each(|element| {
                    list.push(&self.plain(element)?);
                    Ok(())
                })
            }
            claim => {
                push_encoded(&self.plain(claim)?, value);
                Ok(())
            }
        }
    }

    fn plain(&self, claim: &Value) -> Result<String, Rejection> {
        match claim {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(Rejection::because(
                Reason::ClaimsDoNotFit,
                format!(
                    "the claim {self:?} of an identity header is no text, number, truth value or list of those"
                ),
            )),
        }
    }
}

fn push(text: Option<&str>, value: &mut String) {
    push_encoded(text.unwrap_or_default(), value);
}

/// A list: elements with `,` in between.
struct List<'a> {
    value: &'a mut String,
    is_first: bool,
}

impl<'a> List<'a> {
    fn new(value: &'a mut String) -> Self {
        Self {
            value,
            is_first: true,
        }
    }

    fn push(&mut self, element: &str) {
        if !self.is_first {
            self.value.push(',');
        }
        self.is_first = false;
        push_encoded(element, self.value);
    }
}

impl TryFrom<String> for Source {
    type Error = SourceError;

    fn try_from(text: String) -> Result<Self, SourceError> {
        match &*text {
            "subject" => Ok(Self::Subject),
            "client" => Ok(Self::Client),
            "issuer" => Ok(Self::Issuer),
            "scopes" => Ok(Self::Scopes),
            "kind" => Ok(Self::Kind),
            pointer if pointer.len() > 1 && pointer.starts_with('/') => {
                Ok(Self::Claim(pointer.into()))
            }
            _ => Err(SourceError(text)),
        }
    }
}
