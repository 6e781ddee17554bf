use std::sync::Arc;

use serde_json::Value;

use crate::{Reason, Rejection, claims::Members, jwks::Algorithm};

/// The JOSE header (RFC 7515 §4) as far as it is listened to. `jku`, `jwk`, `x5u`, `x5c` and
/// everything else that a client could point at a key with is not.
#[derive(Debug)]
pub(super) struct JoseHeader {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<Arc<str>>,
    pub(super) typ: Option<String>,
}

impl JoseHeader {
    /// Reads a header strictly: a UTF-8 JSON object with unique names, nothing critical, no
    /// nested token.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Rejection> {
        let text = std::str::from_utf8(json).map_err(|_| malformed("it is not UTF-8"))?;
        let members = Members::parse(text).map_err(|error| malformed(&error.to_string()))?;
        if members.get("crit").is_some() {
            return Err(malformed("it has `crit`, and no extension is understood"));
        }
        if member(&members, "b64").is_some_and(|b64| b64 != Value::Bool(true)) {
            return Err(malformed(
                "it has `b64`, which a JWT must not (RFC 7797 §7)",
            ));
        }
        if text_member(&members, "cty")?.is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")) {
            return Err(malformed("it announces a nested token"));
        }
        let (kid, typ) = (text_member(&members, "kid")?, text_member(&members, "typ")?);
        let alg = text_member(&members, "alg")?.ok_or_else(|| malformed("it has no `alg`"))?;
        // Last of all: which algorithms are taken is another rule.
        let algorithm = Algorithm::from_name(&alg).ok_or_else(|| {
            Rejection::because(
                Reason::AlgorithmNotAllowed,
                "the token's `alg` is none of the supported signature algorithms",
            )
        })?;
        Ok(Self {
            algorithm,
            kid: kid.map(Arc::from),
            typ,
        })
    }
}

fn member(members: &Members<'_>, name: &str) -> Option<Value> {
    let json = members.get(name)?;
    serde_json::from_str(json.get()).ok()
}

fn text_member(members: &Members<'_>, name: &str) -> Result<Option<String>, Rejection> {
    match member(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(&format!("its `{name}` is not a string"))),
    }
}

fn malformed(problem: &str) -> Rejection {
    let diagnosis = format!("the JOSE header is refused: {problem}");
    Rejection::because(Reason::MalformedHeader, diagnosis)
}
