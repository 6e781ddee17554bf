use std::time::Duration;

use serde_json::Value;

use super::{
    credentials::ID,
    login_page::{Standing, standing},
};
use crate::doctor::{
    arguments::Method, client::Client, finding::Finding, settings::Settings, witness::Said,
};

/// How the server refuses who asks.
pub(super) struct Refusal {
    pub(super) status: Option<u16>,
    pub(super) said: Said,
    /// How the secret was shown.
    pub(super) method: Option<Method>,
    /// How often it was.
    pub(super) requests: usize,
    pub(super) took: Duration,
}

/// What Keycloak says of a client that there is not, and of one that is switched off.
const NO_SUCH_CLIENT: &str = "invalid client or invalid client credentials";
/// What it says of a secret that is not that of the client.
const OTHER_SECRET: &str = "client authentication failed";

impl Refusal {
    /// Where its words leave no doubt; they are Keycloak's.
    pub(super) fn by_its_words(&self, settings: &Settings, client: &Client) -> Option<Finding> {
        let realm = settings.realm.as_ref()?;
        let id = &client.id;
        if self.says("client not allowed") {
            let what =
                format!("{id} is a public client: it has no secret, and may not ask about tokens");
            let finding = self.wrong("public_client", what);
            return Some(
                finding
                    .cure("name the client of the service itself, and not the one that users log in with")
                    .cure(realm.client_setting(id, "Settings", "or Client authentication: On")),
            );
        }
        if self.says("https required") {
            let what = "the realm wants https from where this request comes";
            return Some(self.wrong("https_required", what).cure(format!(
                "use https, or Keycloak → realm {} → Realm settings → General → Require SSL",
                realm.name
            )));
        }
        None
    }

    /// Where its words leave in doubt whether there is such a client.
    pub(super) async fn by_the_login_page(
        &self,
        settings: &Settings,
        client: &Client,
        metadata: &Value,
    ) -> Option<Finding> {
        let realm = settings.realm.as_ref()?;
        if !self.says(NO_SUCH_CLIENT) {
            return None;
        }
        let id = &client.id;
        match standing(settings, metadata, id).await {
            Standing::Disabled => {
                let what = format!("the client {id} is switched off at the server");
                let switch = realm.client_setting(id, "the switch at the top right", "Enabled");
                Some(self.wrong("disabled_client", what).cure(switch))
            }
            Standing::Unknown => {
                let what = format!("there is no client {id} in the realm {}", realm.name);
                let finding = self.wrong("unknown_client", what);
                Some(finding.cure("compare the id with the Client ID at the server: upper and lower case count, and it is not the UUID"))
            }
            Standing::Untold => None,
        }
    }

    /// What is left when nothing tells it apart.
    pub(super) fn plainly(&self, settings: &Settings, client: &Client) -> Finding {
        let status = self
            .status
            .map_or_else(String::new, |status| format!("{status}, "));
        let said = format!("{status}the server says {}", self.said.line());
        let id = &client.id;
        let wants_assertion = self.says("client_assertion");
        let (cause, what, cure) = if wants_assertion && client.has_secret() {
            (
                "wrong_method",
                format!("the client {id} does not prove itself by a secret ({said})"),
                "give it the key that is registered: `private_key_jwt(..)`, here --client-key FILE",
            )
        } else if client.has_certificate() {
            (
                "wrong_certificate",
                format!("the server does not take the certificate of {id} ({said})"),
                "compare its subject with the one that is registered for the client, and see that its authenticator is `tls_client_auth` (Keycloak: X509 Certificate), and that the server, and a proxy before it, asks for certificates and trusts their authority",
            )
        } else if !client.has_secret() {
            (
                "wrong_key",
                format!("the server does not take the key of {id} ({said})"),
                "compare the key with the one that is registered for the client, and see that its authenticator is `private_key_jwt` (Keycloak: Signed JWT); a clock that is off has keys refused, too",
            )
        } else if self.says(OTHER_SECRET) {
            (
                "wrong_secret",
                format!("the secret is not that of the client {id} ({said})"),
                "copy the secret anew from the server",
            )
        } else {
            (
                "wrong_secret",
                format!("the server does not take id and secret of {id} ({said})"),
                "compare both with those at the server, and see that the client is switched on there",
            )
        };
        let finding = self.wrong(cause, what).cure(cure);
        match &settings.realm {
            Some(realm) => finding.cure(realm.client_setting(
                id,
                "Credentials",
                "Client Authenticator, and Client Secret",
            )),
            None => finding,
        }
    }

    pub(super) fn wrong(&self, cause: &'static str, what: impl Into<String>) -> Finding {
        Finding::wrong(ID, cause, what).took(self.took)
    }

    fn says(&self, words: &str) -> bool {
        self.said.description.to_ascii_lowercase().contains(words)
    }
}
