use serde_json::{Value, value::RawValue};

use super::Thumbprint;

/// What a token is bound to: its `cnf` (RFC 7800 §3.1). Whatever of it is not understood makes the
/// token useless: a constraint that cannot be enforced is not one that may be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmation {
    /// The key of DPoP proofs: `jkt` (RFC 9449 §6.1).
    pub key: Option<Thumbprint>,
    /// The client certificate: `x5t#S256` (RFC 8705 §3.1).
    pub certificate: Option<Thumbprint>,
    /// Whether all of it is understood, and there is something.
    pub is_understood: bool,
}

impl Confirmation {
    pub(crate) fn parse(json: &RawValue) -> Self {
        let mut confirmation = Self {
            key: None,
            certificate: None,
            is_understood: false,
        };
        let Ok(Value::Object(members)) = serde_json::from_str(json.get()) else {
            return confirmation;
        };
        confirmation.is_understood = !members.is_empty();
        for (name, value) in &members {
            let thumbprint = value.as_str().and_then(Thumbprint::parse);
            confirmation.is_understood &= thumbprint.is_some();
            match name.as_str() {
                "jkt" => confirmation.key = thumbprint,
                "x5t#S256" => confirmation.certificate = thumbprint,
                _ => confirmation.is_understood = false,
            }
        }
        confirmation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    fn parse(json: &str) -> Confirmation {
        Confirmation::parse(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn both_ways_of_binding_are_understood() {
        let both = parse(&format!(r#"{{"jkt":"{PRINT}","x5t#S256":"{PRINT}"}}"#));
        assert!(both.is_understood);
        assert_eq!(both.key, Thumbprint::parse(PRINT));
        assert_eq!(both.certificate, Thumbprint::parse(PRINT));
    }

    #[test]
    fn everything_else_is_not() {
        for json in [
            "{}",
            "null",
            "[]",
            "\"x\"",
            r#"{"jwk":{}}"#,
            r#"{"kid":"a"}"#,
            r#"{"jkt":1}"#,
            r#"{"jkt":"short"}"#,
            &format!(r#"{{"jkt":"{PRINT}="}}"#),
            &format!(r#"{{"jkt":"{PRINT}","other":"{PRINT}"}}"#),
            &format!(r#"{{"x5t":"{PRINT}"}}"#),
        ] {
            assert!(!parse(json).is_understood, "{json}");
        }
    }
}
