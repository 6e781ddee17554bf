//! What the services behind are told of the caller.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::untrusted;

const ISSUER: HeaderName = HeaderName::from_static("x-auth-issuer");
const SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const CLIENT: HeaderName = HeaderName::from_static("x-auth-client");
const SCOPE: HeaderName = HeaderName::from_static("x-auth-scope");
const ROLES: HeaderName = HeaderName::from_static("x-auth-roles");

/// What stands in a header as it is. Everything else is percent-encoded: a name may have commas, line
/// breaks or letters that no header has, and must not become two names.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b'@');

/// The claims that are forwarded.
#[derive(Debug, Deserialize)]
pub(crate) struct Identity {
    iss: Option<String>,
    sub: Option<String>,
    azp: Option<String>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    realm_access: RealmAccess,
}

/// Keycloak leaves the whole member out when there is no role.
#[derive(Debug, Default, Deserialize)]
struct RealmAccess {
    #[serde(default)]
    roles: Vec<String>,
}

impl Identity {
    /// Puts the claims in place of whatever the client has sent. A claim that the token has not is no
    /// header, and no empty one either.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        untrusted::strip(headers);
        let [iss, sub, azp] = [&self.iss, &self.sub, &self.azp];
        for (name, claim) in [(ISSUER, iss), (SUBJECT, sub), (CLIENT, azp)] {
            put(headers, name, claim.as_deref());
        }
        put(headers, SCOPE, self.scope.split(' '));
        put(
            headers,
            ROLES,
            self.realm_access.roles.iter().map(String::as_str),
        );
    }
}

/// Each value by itself is encoded, so a space between two of them separates and nothing else does.
fn put<'a>(headers: &mut HeaderMap, name: HeaderName, values: impl IntoIterator<Item = &'a str>) {
    let values = values.into_iter().filter(|value| !value.is_empty());
    let encoded: Vec<String> = values
        .map(|value| utf8_percent_encode(value, ENCODED).to_string())
        .collect();
    if let (false, Ok(value)) = (encoded.is_empty(), HeaderValue::try_from(encoded.join(" "))) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(claims: &str, sent: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let identity: Identity = serde_json::from_str(claims).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_static(value));
        }
        identity.write(&mut headers);
        let lines = headers.iter();
        let lines =
            lines.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        lines.collect()
    }

    #[test]
    fn a_claim_that_is_not_there_is_no_header_of_the_clients() {
        let sent = [
            ("x-auth-subject", "admin"),
            ("x_auth-anything", "admin"),
            ("accept", "text/plain"),
        ];
        let kept = ("accept".to_owned(), "text/plain".to_owned());
        assert_eq!(written("{}", &sent), [kept]);
    }

    #[test]
    fn a_claim_is_one_value_whatever_is_in_it() {
        let claims = r#"{
            "sub": "a b,c\r\nX-Auth-Roles: admin",
            "azp": "kä%41",
            "scope": "orders:read  profile",
            "realm_access": {"roles": ["two words", "admin", ""]}
        }"#;
        let lines = written(claims, &[]);
        let value = |name: &str| {
            let line = lines.iter().find(|(line, _)| line == name);
            line.map(|(_, value)| value.as_str())
        };
        assert_eq!(
            value("x-auth-subject"),
            Some("a%20b%2Cc%0D%0AX-Auth-Roles:%20admin")
        );
        assert_eq!(value("x-auth-client"), Some("k%C3%A4%2541"));
        assert_eq!(value("x-auth-scope"), Some("orders:read profile"));
        assert_eq!(value("x-auth-roles"), Some("two%20words admin"));
        assert_eq!(value("x-auth-issuer"), None);
    }
}
