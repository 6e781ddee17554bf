//! How a client comes to be what the page needs, in Keycloak.

use serde_json::{Value, json};

use crate::{
    keycloak::{AudienceMapper, KeycloakRealm},
    shell::word,
};

/// A client that may not be there yet.
#[derive(Debug)]
pub(super) struct NewClient<'a> {
    pub(super) issuer: &'a str,
    pub(super) id: &'a str,
    /// The environment variable that has its secret.
    pub(super) secret_variable: &'a str,
    /// What its tokens are for.
    pub(super) audience: &'a str,
    pub(super) redirect_uri: &'a str,
    /// Where it is told of logouts.
    pub(super) notices: &'a str,
}

impl NewClient<'_> {
    /// The line of a shell by which an admin makes it. `None` where a name cannot stand in one.
    pub(super) fn command(&self) -> Option<String> {
        let realm = word(&KeycloakRealm::of(self.issuer)?.name)?;
        let id = word(&format!("clientId={}", self.id))?;
        let variable = self.secret_variable;
        if !is_variable(variable) {
            return None;
        }
        let attributes = json!({
            "pkce.code.challenge.method": "S256",
            "backchannel.logout.url": self.notices,
            "backchannel.logout.session.required": "true",
        });
        let redirect_uris = word(&format!("redirectUris={}", json!([self.redirect_uri])))?;
        let attributes = word(&format!("attributes={attributes}"))?;
        let mappers = word(&format!("protocolMappers={}", self.audience_mappers()))?;
        Some(format!(
            "kcadm.sh create clients -r {realm} -s {id} -s \"secret=${variable}\" -s standardFlowEnabled=true \\\n  \
             -s {redirect_uris} \\\n  -s {attributes} \\\n  -s {mappers}"
        ))
    }

    /// The tokens are for the API, and for the client that asks about them: Keycloak calls them inactive
    /// otherwise.
    fn audience_mappers(&self) -> Value {
        let mut audiences = vec![self.audience];
        if self.id != self.audience {
            audiences.push(self.id);
        }
        audiences
            .into_iter()
            .map(|audience| AudienceMapper::of_name(audience).json())
            .collect()
    }
}

/// Whether a shell takes this for the name of a variable, and all of it.
fn is_variable(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let mut bytes = name.bytes();
    bytes.next().is_some_and(is_letter)
        && bytes.all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client<'a>(issuer: &'a str, id: &'a str, audience: &'a str) -> NewClient<'a> {
        NewClient {
            issuer,
            id,
            secret_variable: "SECRET",
            audience,
            redirect_uri: "http://127.0.0.1:7300/callback",
            notices: "http://127.0.0.1:7300/hybrid/backchannel-logout",
        }
    }

    #[test]
    fn names_do_nothing_in_a_shell() {
        let issuer = "https://id.example.com/realms/a;b";
        let command = client(issuer, "web'; $(id) '", "it's `x`").command();
        let words = shlex::split(&command.unwrap().replace("\\\n", "")).unwrap();
        for word in [
            "a;b",
            "clientId=web'; $(id) '",
            "secret=$SECRET",
            "redirectUris=[\"http://127.0.0.1:7300/callback\"]",
        ] {
            assert!(words.iter().any(|known| known == word), "{word}: {words:?}");
        }
        let mappers = words
            .iter()
            .find_map(|word| word.strip_prefix("protocolMappers="));
        let mappers: Value = serde_json::from_str(mappers.unwrap()).unwrap();
        let audience = &mappers[0]["config"]["included.custom.audience"];
        assert_eq!(audience, "it's `x`");
        assert_eq!(words.iter().filter(|word| *word == "-s").count(), 6);
    }

    #[test]
    fn what_would_not_be_printed_as_it_is_is_not_printed() {
        let issuer = "https://id.example.com/realms/shop";
        assert!(client(issuer, "web", "api").command().is_some());
        assert_eq!(client(issuer, "web\u{1b}[2J", "api").command(), None);
        assert_eq!(client(issuer, "web", "a\u{202e}pi").command(), None);
        assert_eq!(
            client("https://a/realms/a\nb", "web", "api").command(),
            None
        );
        for variable in ["", "A;B", "$(id)", "1A", "A B"] {
            let mut client = client(issuer, "web", "api");
            client.secret_variable = variable;
            assert_eq!(client.command(), None, "{variable}");
        }
    }
}
