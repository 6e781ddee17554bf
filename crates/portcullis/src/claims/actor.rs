use serde_json::{Map, Value, value::RawValue};

use super::{ClaimError, TokenFacts};

/// Somebody who acts for the subject of a token (`act`, RFC 8693 §4.1).
///
/// It tells who is at work, for logs and audits. What the token allows is what its subject may do:
/// nothing an actor is or has grants anything (RFC 8693 §4.1), and whether a party may act for
/// another was decided by the issuer. All claims about an actor are among the claims of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actor {
    /// Who knows the actor by this name.
    pub iss: Option<String>,
    /// The actor's name.
    pub sub: Option<String>,
    /// The client that the actor is.
    pub client_id: Option<String>,
}

impl Actor {
    const CLAIM: &str = "act";
    const NO_CHAIN: ClaimError = ClaimError::wrong_type(Self::CLAIM);
    /// How many may have acted for each other. A longer chain is refused whole: who audits would take
    /// a part of it for all there is.
    const LONGEST: usize = 16;

    /// The current actor, then those who acted before.
    pub(super) fn chain(json: &RawValue) -> Result<Vec<Self>, ClaimError> {
        let mut actors = Vec::new();
        let mut act: Option<Value> =
            Some(serde_json::from_str(json.get()).map_err(|_| Self::NO_CHAIN)?);
        while let Some(actor) = act {
            let Value::Object(mut members) = actor else {
                return Err(Self::NO_CHAIN);
            };
            if actors.len() == Self::LONGEST {
                return Err(ClaimError::new(
                    Self::CLAIM,
                    "names more than 16 actors one behind the other",
                ));
            }
            actors.push(Self {
                iss: text(&mut members, "iss")?,
                sub: text(&mut members, "sub")?,
                client_id: text(&mut members, "client_id")?,
            });
            act = members.remove(Self::CLAIM);
        }
        Ok(actors)
    }
}

/// A member that is text, if it is there.
fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ClaimError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Actor::NO_CHAIN),
    }
}

impl TokenFacts {
    /// Who acts for the subject of the token (`act`, RFC 8693 §4.1): the current actor first, then
    /// those who acted before, which are history and nothing else. Empty when nobody does. A token
    /// with more than 16 of them is refused: a part of the chain would be taken for the whole.
    #[must_use]
    pub fn actors(&self) -> &[Actor] {
        &self.registered().act
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(json: &str) -> Result<Vec<Actor>, ClaimError> {
        Actor::chain(serde_json::from_str(json).unwrap())
    }

    fn nested(depth: usize) -> String {
        let mut json = r#"{"sub":"last"}"#.to_owned();
        for _ in 1..depth {
            json = format!(r#"{{"sub":"a","act":{json}}}"#);
        }
        json
    }

    #[test]
    fn a_chain_begins_with_the_current_actor() {
        let actors = chain(
            r#"{"sub":"https://service16.example.com","act":{"sub":"https://service77.example.com"}}"#,
        );
        let names: Vec<_> = actors
            .unwrap()
            .into_iter()
            .filter_map(|actor| actor.sub)
            .collect();
        assert_eq!(
            names,
            [
                "https://service16.example.com",
                "https://service77.example.com"
            ]
        );
    }

    #[test]
    fn a_chain_is_made_of_objects_and_ends() {
        for json in [
            "null",
            "[]",
            r#""admin""#,
            r#"{"sub":1}"#,
            r#"{"sub":null}"#,
            r#"{"iss":["a"]}"#,
            r#"{"sub":"a","act":null}"#,
            r#"{"sub":"a","act":"b"}"#,
            r#"{"sub":"a","act":{"client_id":{}}}"#,
        ] {
            assert_eq!(chain(json), Err(Actor::NO_CHAIN), "{json}");
        }
        assert_eq!(
            chain(&nested(Actor::LONGEST)).unwrap().len(),
            Actor::LONGEST
        );
        assert!(chain(&nested(Actor::LONGEST + 1)).is_err());
    }
}
