use serde_json::value::RawValue;

use super::{Members, Scope};
use crate::require::is_scope_token;

/// In which shapes an issuer says things, beside those of the standards.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dialect {
    /// `scope` may be an array of names.
    pub(crate) scope_array: bool,
    /// `scp` says what `scope` is silent about, as an array of names.
    pub(crate) scp_array: bool,
    /// An answer that says nothing but `active` leaves what the JWT says as it was.
    pub(crate) minimal_answers: bool,
}

impl Dialect {
    /// What `scope` says; in a shape that is not the issuer's, nothing.
    pub(super) fn scope(self, json: &RawValue, members: &Members<'_>) -> Scope {
        if let Some(text) = members.text(json) {
            return Scope::parse(text);
        }
        let names = self.scope_array.then(|| names(json)).flatten();
        names.unwrap_or_default()
    }

    /// What `scp` says; nothing where the issuer does not use it.
    pub(super) fn scp(self, json: &RawValue) -> Scope {
        let names = self.scp_array.then(|| names(json)).flatten();
        names.unwrap_or_default()
    }
}

/// The scope of an array of names. One foreign body among them spoils it.
fn names(json: &RawValue) -> Option<Scope> {
    let names: Vec<String> = serde_json::from_str(json.get()).ok()?;
    let are_sound = names.iter().all(|name| is_scope_token(name));
    are_sound.then(|| Scope::parse(names.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_array_counts_where_the_issuer_has_arrays() {
        let nothing = Members::parse("{}").unwrap();
        let plain = Dialect::default();
        let spring = Dialect {
            scope_array: true,
            ..plain
        };
        let hydra = Dialect {
            scp_array: true,
            ..plain
        };
        let array = raw(r#"["read","write"]"#);
        assert_eq!(spring.scope(array, &nothing).as_str(), "read write");
        assert_eq!(hydra.scp(array).as_str(), "read write");
        for silent in [
            plain.scope(array, &nothing),
            hydra.scope(array, &nothing),
            spring.scp(array),
        ] {
            assert_eq!(silent, Scope::default());
        }
        assert_eq!(spring.scope(raw(r#""read""#), &nothing).as_str(), "read");
    }

    #[test]
    fn an_array_with_a_foreign_body_grants_nothing() {
        let nothing = Members::parse("{}").unwrap();
        let spring = Dialect {
            scope_array: true,
            ..Dialect::default()
        };
        for json in [
            r#"["read",1]"#,
            r#"["read write"]"#,
            r#"["read",""]"#,
            r#"[["read"]]"#,
            r#"{"read":true}"#,
            "[]",
            "null",
        ] {
            assert_eq!(
                spring.scope(raw(json), &nothing),
                Scope::default(),
                "{json}"
            );
        }
    }
}
