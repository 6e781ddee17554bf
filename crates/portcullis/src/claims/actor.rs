use serde_json::{Map, Value, value::RawValue};

use super::TokenFacts;

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
    /// How many may have acted for each other. A longer chain is malformed.
    const LONGEST: usize = 16;

    /// The current actor, then those who acted before; `None` when it is no such chain.
    pub(super) fn chain(json: &RawValue) -> Option<Vec<Self>> {
        let mut actors = Vec::new();
        let mut act: Option<Value> = Some(serde_json::from_str(json.get()).ok()?);
        while let Some(actor) = act {
            let Value::Object(mut members) = actor else {
                return None;
            };
            if actors.len() == Self::LONGEST {
                return None;
            }
            actors.push(Self {
                iss: text(&mut members, "iss")?,
                sub: text(&mut members, "sub")?,
                client_id: text(&mut members, "client_id")?,
            });
            act = members.remove("act");
        }
        Some(actors)
    }
}

/// A member that is text, if it is there; `None` when it is something else.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<Option<String>> {
    match members.remove(name) {
        None => Some(None),
        Some(Value::String(text)) => Some(Some(text)),
        Some(_) => None,
    }
}

impl TokenFacts {
    /// Who acts for the subject of the token (`act`, RFC 8693 §4.1): the current actor first, then
    /// those who acted before, which are history and nothing else. Empty when nobody does.
    #[must_use]
    pub fn actors(&self) -> &[Actor] {
        &self.registered().act
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(json: &str) -> Option<Vec<Actor>> {
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
            assert_eq!(chain(json), None, "{json}");
        }
        assert_eq!(
            chain(&nested(Actor::LONGEST)).unwrap().len(),
            Actor::LONGEST
        );
        assert_eq!(chain(&nested(Actor::LONGEST + 1)), None);
    }
}
