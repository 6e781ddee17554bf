use serde_json::{Map, Value, json};

/// What has a client's tokens name an audience: a protocol mapper of Keycloak's, for all kinds of
/// tokens and for what the server says of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudienceMapper<'a> {
    audience: &'a str,
    included_as: &'static str,
}

impl<'a> AudienceMapper<'a> {
    /// For a client of the realm.
    pub(crate) const fn of_client(audience: &'a str) -> Self {
        Self {
            audience,
            included_as: "included.client.audience",
        }
    }

    /// For a name, whether or not a client is called so.
    pub(crate) const fn of_name(audience: &'a str) -> Self {
        Self {
            audience,
            included_as: "included.custom.audience",
        }
    }

    fn members(&self) -> [(&'static str, String); 3] {
        [
            ("name", format!("audience {}", self.audience)),
            ("protocol", "openid-connect".to_owned()),
            ("protocolMapper", "oidc-audience-mapper".to_owned()),
        ]
    }

    const fn config(&self) -> [(&'static str, &'a str); 4] {
        [
            (self.included_as, self.audience),
            ("access.token.claim", "true"),
            ("lightweight.claim", "true"),
            ("introspection.token.claim", "true"),
        ]
    }

    /// As the admin API takes it.
    pub(crate) fn json(&self) -> Value {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.into());
        let config: Map<_, _> = self.config().into_iter().map(text).collect();
        let members = self.members().into_iter();
        let mut mapper: Map<_, _> = members
            .map(|(name, it)| (name.to_owned(), it.into()))
            .collect();
        mapper.insert("config".to_owned(), json!(config));
        mapper.into()
    }

    /// The same as settings of Keycloak's command line.
    pub(crate) fn settings(&self) -> Vec<String> {
        let members = self.members().into_iter();
        let members = members.map(|(name, value)| format!("{name}={value}"));
        let config = self.config().into_iter();
        let config = config.map(|(name, value)| format!("config.\"{name}\"={value}"));
        members.chain(config).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_says_what_the_admin_api_is_told() {
        for mapper in [
            AudienceMapper::of_client("orders-api"),
            AudienceMapper::of_name("it's \"x\""),
        ] {
            let mut json = mapper.json();
            for setting in mapper.settings() {
                let (path, value) = setting.split_once('=').unwrap();
                let removed = match path.strip_prefix("config.") {
                    Some(name) => json["config"]
                        .as_object_mut()
                        .unwrap()
                        .remove(name.trim_matches('"')),
                    None => json.as_object_mut().unwrap().remove(path),
                };
                assert_eq!(removed, Some(value.into()), "{path}");
            }
            assert_eq!(json, json!({"config": {}}));
        }
    }

    #[test]
    fn a_client_and_a_name_are_put_in_by_different_members() {
        let config = |mapper: AudienceMapper<'_>| mapper.json()["config"].clone();
        let client = config(AudienceMapper::of_client("a"));
        assert_eq!(client["included.client.audience"], "a");
        assert_eq!(client.get("included.custom.audience"), None);
        let name = config(AudienceMapper::of_name("a"));
        assert_eq!(name["included.custom.audience"], "a");
    }
}
