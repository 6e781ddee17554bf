use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::HeaderValue;

use crate::ConfigError;

/// The `Authorization` that a transmitter sends with what it pushes: a secret between it and us.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PushAuthorization(Box<str>);

impl PushAuthorization {
    pub(crate) fn new(value: &str) -> Result<Self, ConfigError> {
        let value = value.trim_matches([' ', '\t']);
        if value.is_empty() || !value.is_ascii() || HeaderValue::from_str(value).is_err() {
            return Err(ConfigError::new(
                "security_event_authorization",
                "it is empty, or has characters that cannot stand in a header",
                "give the whole value that the stream was created with, scheme included, such as `Bearer …`",
            ));
        }
        Ok(Self(value.into()))
    }

    /// Whether it is what was presented. How long the answer takes tells nothing of the secret but
    /// its length.
    pub(super) fn admits(&self, presented: Option<&str>) -> bool {
        let presented = presented.unwrap_or_default();
        verify_slices_are_equal(self.0.as_bytes(), presented.as_bytes()).is_ok()
    }
}

impl fmt::Debug for PushAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushAuthorization([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_value_is_admitted() {
        let agreed = PushAuthorization::new(" Bearer of-a-transmitter ").unwrap();
        assert!(agreed.admits(Some("Bearer of-a-transmitter")));
        for other in [
            None,
            Some(""),
            Some("of-a-transmitter"),
            Some("Bearer of-a-transmitte"),
            Some("Bearer of-a-transmitters"),
            Some("bearer of-a-transmitter"),
        ] {
            assert!(!agreed.admits(other), "{other:?}");
        }
        assert!(!format!("{agreed:?}").contains("transmitter"));
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_refused() {
        for value in ["", " \t", "Bearer a\nb", "Bearer é"] {
            assert!(PushAuthorization::new(value).is_err(), "{value:?}");
        }
    }
}
