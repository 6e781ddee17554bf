use std::{fmt, sync::Arc};

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};

use super::{
    ClaimError, Dialect, JsonError, RegisteredClaims,
    claims_reader::ClaimsReader,
    json::{FEW, Name, Names, Unique, stands_twice},
    registered_claim::{RegisteredClaim, RegisteredClaimSet},
    weight,
};

/// A claims set (RFC 7519 §4), read in one pass: one JSON object with unique names, and what its
/// registered claims say.
pub(crate) struct ClaimsSet<'a> {
    /// The registered claims that are there: known by what they are, they need not be found by name.
    registered: RegisteredClaimSet,
    /// All others.
    names: Names<'a, FEW>,
    claims: ClaimsReader<'a>,
    /// How much room a `serde_json::Value` of it takes up at the most, but for its texts.
    size: usize,
}

impl<'a> ClaimsSet<'a> {
    /// Reads one object, as strictly as [`Members::parse`](super::Members::parse). The texts of the claims
    /// are parts of it.
    pub(crate) fn read(json: &'a Arc<str>, dialect: Dialect) -> Result<Self, JsonError> {
        let mut set = Self {
            registered: RegisteredClaimSet::default(),
            names: Names::default(),
            claims: ClaimsReader::new(Some(json), dialect),
            size: weight::OBJECT,
        };
        let mut deserializer = serde_json::Deserializer::from_str(json);
        set.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(set)
    }

    /// Whether a claim is there, whatever it says.
    pub(crate) fn has(&self, name: &str) -> bool {
        match RegisteredClaim::named(name) {
            Some(claim) => self.registered.has(claim),
            None => self.names.contains(name),
        }
    }

    /// What `active` says (RFC 7662 §2.2), if that is yes or no.
    pub(crate) fn active(&self) -> Option<bool> {
        self.claims.active()
    }

    /// What the registered claims say, if all of it is taken.
    pub(crate) fn claims(self) -> Result<RegisteredClaims, ClaimError> {
        self.claims.finish(self.size)
    }
}

impl<'de> DeserializeSeed<'de> for &mut ClaimsSet<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut ClaimsSet<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name<'_>>()? {
            self.size += weight::MEMBER;
            let Some(claim) = RegisteredClaim::named(&name.0) else {
                self.names.add(name)?;
                self.size += map.next_value_seed(Unique::IN_A_MEMBER)?;
                continue;
            };
            if !self.registered.add(claim) {
                return Err(stands_twice());
            }
            let (value, size) = map.next_value_seed(claim.reading())?;
            self.size += size;
            self.claims.take(claim, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Members;

    /// What the claims of a text are in one pass, and by its members.
    #[track_caller]
    fn assert_read_alike(json: &str) {
        let whole = json.into();
        let set = ClaimsSet::read(&whole, Dialect::default()).unwrap();
        let members = Members::parse(json).unwrap();
        for (name, _) in members.iter() {
            assert!(set.has(name), "{json}");
        }
        assert!(!set.has("none"));
        let by_members = RegisteredClaims::parse(&members);
        assert_eq!(
            format!("{:?}", set.claims()),
            format!("{by_members:?}"),
            "{json}"
        );
    }

    #[test]
    fn one_pass_reads_what_the_members_say() {
        let values = [
            r#""text""#,
            r#""t\u0065xt""#,
            r#""""#,
            "1700000000",
            "1700000000.5",
            "-1",
            "18446744073709551616",
            "true",
            "null",
            "[]",
            r#"["a","\u0062"]"#,
            r#"["a",1]"#,
            "{}",
            r#"{"sub":"a","act":{"sub":"b"}}"#,
            r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#,
            r#"{"status_list":{"idx":1,"uri":"https://a.example"}}"#,
        ];
        for name in [
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "jti",
            "client_id",
            "azp",
            "sid",
            "scope",
            "scp",
            "typ",
            "token_type",
            "token_use",
            "cnf",
            "act",
            "events",
            "active",
            "status",
            "name",
            "\\u0069ss",
        ] {
            for value in values {
                assert_read_alike(&format!(r#"{{"{name}":{value}}}"#));
                let other = if name == "exp" { "nbf" } else { "exp" };
                assert_read_alike(&format!(r#"{{"{other}":"no","a":1,"{name}":{value}}}"#));
            }
        }
    }

    #[test]
    fn what_is_no_json_is_not_told_of_by_its_claims() {
        let json = r#"{"exp":"no","a":1,"a":2}"#.into();
        assert!(ClaimsSet::read(&json, Dialect::default()).is_err());
    }

    #[test]
    fn a_name_stands_once_however_it_is_written() {
        let refused = |json: &str| ClaimsSet::read(&json.into(), Dialect::default()).is_err();
        for name in ["iss", "aud", "exp", "active", "status", "name"] {
            let mut letters = name.chars();
            let first = u32::from(letters.next().unwrap());
            let escaped = format!("\\u{first:04x}{}", letters.as_str());
            for other in [name, &escaped] {
                assert!(refused(&format!(r#"{{"{name}":1,"a":1,"{other}":1}}"#)));
                assert!(refused(&format!(r#"{{"{other}":1,"a":1,"{name}":1}}"#)));
                assert!(!refused(&format!(r#"{{"{name}":1,"a":{{"{other}":1}}}}"#)));
            }
        }
    }

    #[test]
    fn scp_says_nothing_beside_a_scope_whatever_that_says() {
        let dialect = Dialect {
            scp_array: true,
            ..Dialect::default()
        };
        let scope = |json: &str| {
            let json = json.into();
            let claims = ClaimsSet::read(&json, dialect).unwrap().claims();
            claims.unwrap().scope.as_str().to_owned()
        };
        assert_eq!(scope(r#"{"scp":["a","b"]}"#), "a b");
        for json in [
            r#"{"scp":["a"],"scope":1}"#,
            r#"{"scope":1,"scp":["a"]}"#,
            r#"{"scope":"","scp":["a"]}"#,
        ] {
            assert_eq!(scope(json), "", "{json}");
        }
    }

    #[test]
    fn active_is_yes_or_no_or_not_said() {
        let active = |json: &str| {
            let json = json.into();
            ClaimsSet::read(&json, Dialect::default()).unwrap().active()
        };
        assert_eq!(active(r#"{"active":true}"#), Some(true));
        assert_eq!(active(r#"{"active":false}"#), Some(false));
        for json in [
            "{}",
            r#"{"active":"true"}"#,
            r#"{"active":1}"#,
            r#"{"active":null}"#,
        ] {
            assert_eq!(active(json), None, "{json}");
        }
    }

    #[test]
    fn texts_are_parts_of_what_was_read() {
        let json: Arc<str> = r#"{"sub":"alice","aud":["a","b"]}"#.into();
        let claims = ClaimsSet::read(&json, Dialect::default()).unwrap().claims();
        assert!(claims.is_ok());
        assert_eq!(Arc::strong_count(&json), 4);
    }
}
