//! How much memory the facts of a token take up: rather too much than too little, so that a bound in
//! bytes holds.

use super::{Actor, Audience, ClaimText, RegisteredClaims, TokenFacts};
use crate::{AccessToken, Confirmation, verify::introspection::TokenDigest};

/// What an allocation takes up beside what was asked for.
const ALLOCATION: usize = 24;

impl TokenFacts {
    /// How many bytes these facts hold, or will: what handlers have the claims deserialized into is
    /// kept with them, and counted from the beginning as if it were a `serde_json::Value`. Hardly a type
    /// of an application's own takes more.
    pub(crate) fn weight(&self) -> usize {
        let phantom = self.phantom_token.as_ref();
        let texts = [
            Some(self.json.len()),
            // Once more in the registered claims, where they have texts of their own, and once more
            // in the handlers' type.
            Some(self.json.len() * 2),
            phantom.map(|token| size_of::<AccessToken>() + token.as_bytes().len()),
            self.fingerprint.as_ref().map(|name| name.len()),
            self.other_kind.as_ref().map(|why| why.len()),
            // Of those that are asked about.
            Some(size_of::<TokenDigest>()),
            Some(self.typed.shared_bytes()),
        ];
        let texts: usize = texts
            .iter()
            .flatten()
            .map(|length| length + ALLOCATION)
            .sum();
        size_of::<Self>() + ALLOCATION + texts + self.registered().heap()
    }
}

impl RegisteredClaims {
    /// How many bytes are kept elsewhere, the handlers' type included, but for the texts: those are parts
    /// of the JSON, or copies.
    fn heap(&self) -> usize {
        /// Texts that stand alone.
        const NAMES: usize = 11;
        let (names, audiences) = match &self.aud {
            Audience::Named(named) => (named.len(), named.capacity() * size_of::<ClaimText>()),
            Audience::Absent | Audience::Malformed => (0, 0),
        };
        let names = NAMES + names + 3 * self.act.len();
        let typed = ALLOCATION + self.typed;
        let confirmation = self
            .cnf
            .as_ref()
            .map_or(0, |_| size_of::<Confirmation>() + ALLOCATION);
        let actors = self.act.capacity() * size_of::<Actor>();
        names * ALLOCATION + audiences + confirmation + actors + typed
    }
}

const VALUE: usize = size_of::<serde_json::Value>();
/// A text of a `serde_json::Value`, beside its characters.
pub(super) const TEXT: usize = ALLOCATION;
/// An array of them: the least room that is made.
pub(super) const ARRAY: usize = 4 * VALUE + ALLOCATION;
/// An element: room is made twofold.
pub(super) const ELEMENT: usize = 2 * VALUE;
/// An object: a node of a map has room for eleven members, and is half full at least.
pub(super) const OBJECT: usize = 11 * (size_of::<String>() + VALUE) + 16 + ALLOCATION;
/// A member of one.
pub(super) const MEMBER: usize = 3 * VALUE + TEXT;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use allocation_counter::measure;
    use serde_json::Value;

    use super::*;
    use crate::Expectations;

    /// What a realm's tokens look like.
    const KEYCLOAK: &str = r#"{"exp":1700000300,"iat":1700000000,"jti":"onrtac:8d0b2d3a-1b5e-7d3a-9f43-0b1f8f0e6a7d","iss":"https://id.example.com/realms/shop","aud":["orders-api","account"],"sub":"3f1c2a9e-6c1b-4f5e-9a57-2b7f5a1d0c3e","typ":"Bearer","azp":"shop-frontend","sid":"5d1c2b3a-9e8f-4a7b-8c6d-1e2f3a4b5c6d","acr":"1","allowed-origins":["https://shop.example.com"],"realm_access":{"roles":["default-roles-shop","offline_access","uma_authorization","customer"]},"resource_access":{"orders-api":{"roles":["orders:read","orders:write"]},"account":{"roles":["manage-account","manage-account-links","view-profile"]}},"scope":"openid profile email","email_verified":true,"name":"Alice Example","preferred_username":"alice","given_name":"Alice","family_name":"Example","email":"alice@example.com"}"#;

    #[test]
    fn the_weight_is_no_less_than_what_is_kept() {
        let many = |of: fn(usize) -> String| (0..2_000).map(of).collect::<Vec<_>>().join(",");
        let scattered = |number: usize| number.wrapping_mul(2_654_435_761) % 1_000_003;
        let scattered: Vec<_> = (0..2_000)
            .map(|number| format!("\"{}\":1", scattered(number)))
            .collect();
        for json in [
            r#"{"sub":"a"}"#.to_owned(),
            KEYCLOAK.to_owned(),
            format!(r#"{{"aud":[{}]}}"#, many(|_| "\"a\"".to_owned())),
            format!(r#"{{"a":[{}]}}"#, many(|_| "1".to_owned())),
            format!(r#"{{"a":[{}]}}"#, many(|_| "[]".to_owned())),
            format!(r#"{{"a":[{}]}}"#, many(|_| "[1]".to_owned())),
            format!(r#"{{"a":[{}]}}"#, many(|_| r#"{"a":1}"#.to_owned())),
            format!("{{{}}}", many(|number| format!("\"{number:04}\":1"))),
            format!("{{{}}}", scattered.join(",")),
            format!(r#"{{"scope":"{}"}}"#, "a ".repeat(5_000)),
            format!(r#"{{"act":{{"act":{{"sub":"{}"}}}}}}"#, "a".repeat(5_000)),
        ] {
            let expectations = Arc::new(Expectations::danger_any_audience());
            let mut kept = None;
            let held = measure(|| {
                let facts = Arc::new(TokenFacts::from_json(&*json, &expectations).unwrap());
                let _: Arc<Value> = facts.claims().unwrap();
                kept = Some(facts);
            });
            let weight = kept.as_ref().unwrap().weight();
            let bytes = usize::try_from(held.bytes_current).unwrap();
            // What each allocation takes up by itself.
            let bytes = bytes + usize::try_from(held.count_current).unwrap() * 16;
            assert!(bytes <= weight, "{bytes} weigh {weight}: {json:.80}");
        }
    }

    #[test]
    fn what_users_write_weighs_no_more_than_it_is_long() {
        let weight = |written: &str| {
            let expectations = Arc::new(Expectations::danger_any_audience());
            let json = format!(r#"{{"name":"{written}"}}"#);
            TokenFacts::from_json(json, &expectations).unwrap().weight()
        };
        let plain = weight(&"a".repeat(2_000));
        for character in ["{", ",", "\\\"", "\\\\"] {
            let written = character.repeat(2_000 / character.len());
            assert_eq!(weight(&written), plain, "{character}");
        }
    }

    /// A weight that is much too large would leave room for a few.
    #[test]
    fn a_token_of_a_realm_weighs_not_much_more_than_what_is_kept() {
        let expectations = Arc::new(Expectations::danger_any_audience());
        let facts = TokenFacts::from_json(KEYCLOAK, &expectations).unwrap();
        assert!(facts.weight() < 12 << 10, "{}", facts.weight());
    }
}
