//! Where an administrator mends things in Keycloak: by clicking, and by its command line.

mod audience_mapper;

pub(crate) use self::audience_mapper::AudienceMapper;
use crate::shell::word;

/// A realm, by its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeycloakRealm {
    /// The server's address, the old prefix `/auth` included.
    server: String,
    pub(crate) name: String,
}

impl KeycloakRealm {
    /// The realm that an issuer is by its look, with a slash at its end or without.
    pub(crate) fn of(issuer: &str) -> Option<Self> {
        let (server, name) = issuer.trim_end_matches('/').rsplit_once("/realms/")?;
        let is_name = !name.is_empty() && !name.contains(['/', '?', '#']);
        is_name.then(|| Self {
            server: server.to_owned(),
            name: name.to_owned(),
        })
    }

    /// How a client's tokens get an audience.
    pub(crate) fn audience_mapper(&self, client: &str, audience: &str) -> Vec<String> {
        let realm = &self.name;
        let click = format!(
            "Keycloak → realm {realm} → Clients → {client} → Client scopes → {client}-dedicated → Add mapper → By configuration → Audience: Included Client Audience {audience} (where no client is called so: Included Custom Audience); Add to access token, to lightweight access token and to token introspection: On"
        );
        let settings = AudienceMapper::of_client(audience).settings();
        let by_command = self.kcadm(client, &settings, |id, set| {
            format!("kcadm.sh create \"clients/{id}/protocol-mappers/models\" {set}")
        });
        std::iter::once(click).chain(by_command).collect()
    }

    /// How a client's access tokens are signed so that others can verify them.
    pub(crate) fn signature_algorithm(&self, client: &str) -> Vec<String> {
        let realm = &self.name;
        let click = format!(
            "Keycloak → realm {realm} → Clients → {client} → Advanced → Fine grain OpenID Connect configuration → Access token signature algorithm: RS256, or another that is not HS…"
        );
        let settings = ["attributes.\"access.token.signed.response.alg\"=RS256".to_owned()];
        let by_command = self.kcadm(client, &settings, |id, set| {
            format!("kcadm.sh update \"clients/{id}\" {set}")
        });
        std::iter::once(click).chain(by_command).collect()
    }

    /// How a client gets a setting of its own.
    pub(crate) fn client_setting(&self, client: &str, tab: &str, what: &str) -> String {
        let realm = &self.name;
        format!("Keycloak → realm {realm} → Clients → {client} → {tab}: {what}")
    }

    /// The same by Keycloak's command line. None where a name cannot stand in one: names come from
    /// tokens, which anybody can have written.
    fn kcadm(
        &self,
        client: &str,
        settings: &[String],
        change: impl FnOnce(&str, &str) -> String,
    ) -> Vec<String> {
        let lines = || {
            let (realm, server) = (word(&self.name)?, word(&self.server)?);
            let query = word(&format!("clientId={client}"))?;
            let settings: Option<Vec<_>> = settings
                .iter()
                .map(|setting| Some(format!("-s {}", word(setting)?)))
                .collect();
            let settings = format!("-r {realm} {}", settings?.join(" "));
            Some(vec![
                format!(
                    "kcadm.sh config credentials --server {server} --realm master --user admin"
                ),
                format!(
                    "ID=$(kcadm.sh get clients -r {realm} -q {query} --fields id --format csv --noquotes)"
                ),
                change("$ID", &settings),
            ])
        };
        lines().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_known_by_its_issuer() {
        for (issuer, server, name) in [
            (
                "https://id.example.com/realms/shop",
                "https://id.example.com",
                "shop",
            ),
            (
                "https://id.example.com/realms/shop/",
                "https://id.example.com",
                "shop",
            ),
            (
                "http://127.0.0.1:8080/auth/realms/a",
                "http://127.0.0.1:8080/auth",
                "a",
            ),
        ] {
            let realm = KeycloakRealm::of(issuer).unwrap();
            assert_eq!((realm.server.as_str(), realm.name.as_str()), (server, name));
        }
        for issuer in [
            "https://id.example.com",
            "https://a/realms/",
            "https://a/realms/a/b",
        ] {
            assert_eq!(KeycloakRealm::of(issuer), None, "{issuer}");
        }
    }

    #[test]
    fn names_out_of_tokens_do_nothing_in_a_shell() {
        let realm = KeycloakRealm::of("https://id.example.com/realms/shop").unwrap();
        let lines = realm.audience_mapper("web'; rm -rf $HOME; '", "orders api");
        let commands: Vec<_> = lines.iter().filter(|line| line.contains("kcadm")).collect();
        assert_eq!(commands.len(), 3);
        for line in commands {
            let line = line.trim_start_matches("ID=$(").trim_end_matches(')');
            let words = shlex::split(line).unwrap();
            assert!(words.iter().all(|word| word != "rm"), "{line}");
        }
        assert_eq!(realm.audience_mapper("web\n", "orders-api").len(), 1);
    }
}
