//! How clients may authenticate at the introspection endpoint, as the issuer publishes it.

use serde::Deserialize;
use serde_json::Value;

/// What a document says of client authentication (RFC 8414 §2). A member that is no list of
/// texts counts as absent: nothing is decided by it but which of our own methods is tried.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PublishedClientMethods {
    introspection_endpoint_auth_methods_supported: Option<Value>,
    introspection_endpoint_auth_signing_alg_values_supported: Option<Value>,
    token_endpoint_auth_methods_supported: Option<Value>,
    token_endpoint_auth_signing_alg_values_supported: Option<Value>,
}

/// What the server takes from clients that introspect; `None` where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClientMethods {
    pub(crate) methods: Option<Vec<String>>,
    pub(crate) algorithms: Option<Vec<String>>,
}

impl From<PublishedClientMethods> for ClientMethods {
    /// What is said of the introspection endpoint goes before what is said of the token endpoint.
    fn from(published: PublishedClientMethods) -> Self {
        Self {
            methods: texts(published.introspection_endpoint_auth_methods_supported)
                .or_else(|| texts(published.token_endpoint_auth_methods_supported)),
            algorithms: texts(published.introspection_endpoint_auth_signing_alg_values_supported)
                .or_else(|| texts(published.token_endpoint_auth_signing_alg_values_supported)),
        }
    }
}

impl PublishedClientMethods {
    /// What the server takes from clients that obtain tokens.
    pub(super) fn at_token_endpoint(&self) -> ClientMethods {
        ClientMethods {
            methods: texts(self.token_endpoint_auth_methods_supported.clone()),
            algorithms: texts(
                self.token_endpoint_auth_signing_alg_values_supported
                    .clone(),
            ),
        }
    }
}

fn texts(member: Option<Value>) -> Option<Vec<String>> {
    serde_json::from_value(member?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(json: &str) -> Option<Vec<String>> {
        let published: PublishedClientMethods = serde_json::from_str(json).unwrap();
        ClientMethods::from(published).methods
    }

    #[test]
    fn the_introspection_endpoints_own_list_goes_first() {
        let both = r#"{"introspection_endpoint_auth_methods_supported":["private_key_jwt"],
            "token_endpoint_auth_methods_supported":["client_secret_post"]}"#;
        assert_eq!(methods(both).unwrap(), ["private_key_jwt"]);
        let token = r#"{"token_endpoint_auth_methods_supported":["client_secret_post"]}"#;
        assert_eq!(methods(token).unwrap(), ["client_secret_post"]);
        assert_eq!(methods("{}"), None);
    }

    #[test]
    fn what_is_no_list_of_texts_counts_as_absent() {
        for json in [
            r#"{"introspection_endpoint_auth_methods_supported":"none"}"#,
            r#"{"introspection_endpoint_auth_methods_supported":[1]}"#,
            r#"{"introspection_endpoint_auth_methods_supported":null}"#,
        ] {
            assert_eq!(methods(json), None, "{json}");
        }
    }
}
