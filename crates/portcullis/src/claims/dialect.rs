use std::sync::Arc;

use super::{Scope, claim_value::ClaimValue};
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
    pub(super) fn scope(self, value: ClaimValue<'_>, source: Option<&Arc<str>>) -> Scope {
        match value {
            ClaimValue::Array(names) if self.scope_array => of_names(names),
            value => value
                .into_text(source)
                .map(Scope::parse)
                .unwrap_or_default(),
        }
    }

    /// What `scp` says; nothing where the issuer does not use it.
    pub(super) fn scp(self, value: ClaimValue<'_>) -> Scope {
        match value {
            ClaimValue::Array(names) if self.scp_array => of_names(names),
            _ => Scope::default(),
        }
    }
}

/// The scope of an array of names. One foreign body among them spoils it.
fn of_names(names: Vec<ClaimValue<'_>>) -> Scope {
    let names = names.into_iter().map(|name| {
        let name = name.into_text(None)?;
        is_scope_token(&name).then(|| name.to_string())
    });
    let names: Option<Vec<_>> = names.collect();
    names.map_or_else(Scope::default, |names| Scope::parse(names.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::claim_value::Reading;

    fn scope(dialect: Dialect, json: &str) -> Scope {
        dialect.scope(
            Reading::Elements.of(serde_json::from_str(json).unwrap()),
            None,
        )
    }

    fn scp(dialect: Dialect, json: &str) -> Scope {
        dialect.scp(Reading::Elements.of(serde_json::from_str(json).unwrap()))
    }

    #[test]
    fn an_array_counts_where_the_issuer_has_arrays() {
        let plain = Dialect::default();
        let spring = Dialect {
            scope_array: true,
            ..plain
        };
        let hydra = Dialect {
            scp_array: true,
            ..plain
        };
        let array = r#"["read","write"]"#;
        assert_eq!(scope(spring, array).as_str(), "read write");
        assert_eq!(scp(hydra, array).as_str(), "read write");
        for silent in [scope(plain, array), scope(hydra, array), scp(spring, array)] {
            assert_eq!(silent, Scope::default());
        }
        assert_eq!(scope(spring, r#""read""#).as_str(), "read");
    }

    #[test]
    fn an_array_with_a_foreign_body_grants_nothing() {
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
            assert_eq!(scope(spring, json), Scope::default(), "{json}");
        }
    }
}
