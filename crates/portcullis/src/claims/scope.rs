use super::ClaimText;
use crate::{ConfigError, require::is_scope_token};

/// What a token may be used for: scope names separated by spaces (RFC 6749 §3.3). Comparison is
/// exact and case-sensitive.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    text: Option<ClaimText>,
}

impl Scope {
    pub(crate) fn parse(text: impl Into<ClaimText>) -> Self {
        Self {
            text: Some(text.into()),
        }
    }

    /// A scope of these names.
    ///
    /// # Errors
    /// When there is none, or one of them is not a `scope-token` (RFC 6749 §3.3): empty, or with
    /// a space, a quote, a backslash or a character outside printable ASCII.
    pub fn of<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let mut text = String::new();
        for name in names {
            let name = name.as_ref();
            if !is_scope_token(name) {
                return Err(ConfigError::new(
                    "scope",
                    format!("{name:?} is not one scope name"),
                    "give each scope as an element of its own, without spaces or quotes",
                ));
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
        }
        if text.is_empty() {
            return Err(ConfigError::new(
                "scope",
                "no scope is named",
                "name at least one",
            ));
        }
        Ok(Self::parse(text))
    }

    /// Whether `name` is among the scopes.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }

    /// The names, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_str().split(' ').filter(|name| !name.is_empty())
    }

    /// The names as they are sent: one text, separated by spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Scope {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_whole_and_case_sensitively() {
        let scope = Scope::parse("read  write ");
        assert!(scope.contains("read") && scope.contains("write"));
        assert!(!scope.contains("Read") && !scope.contains("rea") && !scope.contains(""));
        assert_eq!(scope.iter().count(), 2);
    }

    #[test]
    fn a_name_that_cannot_stand_in_a_challenge_is_refused() {
        for name in ["", "a b", "a\"b", "a\\b", "é"] {
            assert!(Scope::of([name]).is_err(), "{name:?}");
        }
        assert_eq!(Scope::of(["a", "b"]).unwrap().as_str(), "a b");
    }
}
