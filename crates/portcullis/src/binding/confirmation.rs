use serde_json::{Value, value::RawValue};

use super::Thumbprint;

/// A member of Keycloak's own: how the key of `jkt` is proven to be held.
const KEYCLOAK_PROOF: &str = "kc-jkt-type";

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
        let mut is_understood = true;
        for (name, value) in &members {
            let thumbprint = value.as_str().and_then(Thumbprint::parse);
            is_understood &= match name.as_str() {
                "jkt" => {
                    confirmation.key = thumbprint;
                    thumbprint.is_some()
                }
                "x5t#S256" => {
                    confirmation.certificate = thumbprint;
                    thumbprint.is_some()
                }
                // Keycloak says beside `jkt` what proves that the key is held. Anything but DPoP
                // would be proven in a way that is not judged here.
                KEYCLOAK_PROOF => value == "DPoP" && members.contains_key("jkt"),
                _ => false,
            };
        }
        confirmation.is_understood = is_understood && !members.is_empty();
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
    fn keycloak_may_say_that_the_key_is_for_dpop() {
        let said = parse(&format!(r#"{{"jkt":"{PRINT}","kc-jkt-type":"DPoP"}}"#));
        assert!(said.is_understood);
        assert_eq!(said.key, Thumbprint::parse(PRINT));
        assert_eq!(said.certificate, None);
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
            r#"{"kc-jkt-type":"DPoP"}"#,
            &format!(r#"{{"x5t#S256":"{PRINT}","kc-jkt-type":"DPoP"}}"#),
            &format!(r#"{{"jkt":"{PRINT}","kc-jkt-type":"attestation"}}"#),
            &format!(r#"{{"jkt":"{PRINT}","kc-jkt-type":["DPoP"]}}"#),
            r#"{"jkt":1,"kc-jkt-type":"DPoP"}"#,
        ] {
            assert!(!parse(json).is_understood, "{json}");
        }
    }
}
