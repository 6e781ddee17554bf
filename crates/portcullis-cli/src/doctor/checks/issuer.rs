//! Two names of one issuer, compared.

use url::Url;

/// How a name that was found differs from the one that was configured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The stable code.
    pub(super) cause: &'static str,
    /// `scheme (https instead of http)` and the like.
    pub(super) what: String,
}

impl Difference {
    /// The difference; both are texts that are not the same.
    pub(super) fn between(found: &str, configured: &str) -> Self {
        if found.trim_end_matches('/') == configured.trim_end_matches('/') {
            let what = if configured.ends_with('/') {
                "there is a slash at the end of the configured one, and none in the server's"
            } else {
                "there is a slash at the end of the server's, and none in the configured one"
            };
            return Self {
                cause: "issuer_trailing_slash",
                what: what.to_owned(),
            };
        }
        let (Ok(found), Ok(configured)) = (Url::parse(found), Url::parse(configured)) else {
            return Self {
                cause: "issuer_is_no_url",
                what: "one of the two is no URL".to_owned(),
            };
        };
        let port = |url: &Url| {
            let port = url.port_or_known_default();
            port.map_or_else(String::new, |port| port.to_string())
        };
        let parts = [
            ("host", "issuer_host", host(&found), host(&configured)),
            (
                "scheme",
                "issuer_scheme",
                found.scheme().to_owned(),
                configured.scheme().to_owned(),
            ),
            ("port", "issuer_port", port(&found), port(&configured)),
            (
                "path",
                "issuer_path",
                found.path().to_owned(),
                configured.path().to_owned(),
            ),
        ];
        let mut different = parts
            .iter()
            .filter(|(_, _, found, configured)| found != configured)
            .peekable();
        let cause = different
            .peek()
            .map_or("issuer_spelling", |(_, cause, ..)| cause);
        let parts: Vec<_> = different
            .map(|(name, _, found, configured)| format!("{name} {found} instead of {configured}"))
            .collect();
        let what = if parts.is_empty() {
            "they mean the same and are spelled otherwise".to_owned()
        } else {
            parts.join(", ")
        };
        Self { cause, what }
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_is_named() {
        let configured = "https://id.example.com/realms/shop";
        for (found, cause) in [
            (
                "https://id.example.com/realms/shop/",
                "issuer_trailing_slash",
            ),
            ("http://id.example.com/realms/shop", "issuer_scheme"),
            ("https://keycloak:8443/realms/shop", "issuer_host"),
            ("http://keycloak:8080/realms/shop", "issuer_host"),
            ("https://id.example.com:8443/realms/shop", "issuer_port"),
            ("https://id.example.com/realms/Shop", "issuer_path"),
            ("https://ID.example.com/realms/shop", "issuer_spelling"),
            ("shop", "issuer_is_no_url"),
        ] {
            let difference = Difference::between(found, configured);
            assert_eq!(difference.cause, cause, "{found}");
        }
        let both = Difference::between("http://keycloak/realms/shop", configured).what;
        assert!(both.contains("host") && both.contains("scheme"), "{both}");
    }
}
