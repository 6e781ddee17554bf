use crate::http_client::ServerUrl;

/// `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4).
pub(super) fn openid_configuration(base: &ServerUrl) -> ServerUrl {
    let path = path_of(base);
    base.with_path(&format!("{path}/.well-known/openid-configuration"))
}

/// `<issuer>/.well-known/uma2-configuration` (UMA 2.0 Grant §2).
pub(super) fn uma2_configuration(base: &ServerUrl) -> ServerUrl {
    let path = path_of(base);
    base.with_path(&format!("{path}/.well-known/uma2-configuration"))
}

/// The well-known part goes between host and path (RFC 8414 §3.1).
pub(super) fn oauth_authorization_server(base: &ServerUrl) -> ServerUrl {
    let path = path_of(base);
    base.with_path(&format!("/.well-known/oauth-authorization-server{path}"))
}

/// The path without a slash at its end.
fn path_of(base: &ServerUrl) -> &str {
    let path = base.url().path();
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_part_is_appended_or_inserted() {
        for (issuer, openid, oauth) in [
            (
                "https://h/realms/r",
                "https://h/realms/r/.well-known/openid-configuration",
                "https://h/.well-known/oauth-authorization-server/realms/r",
            ),
            (
                "https://h/t/",
                "https://h/t/.well-known/openid-configuration",
                "https://h/.well-known/oauth-authorization-server/t",
            ),
            (
                "https://h",
                "https://h/.well-known/openid-configuration",
                "https://h/.well-known/oauth-authorization-server",
            ),
        ] {
            let base = ServerUrl::parse(issuer, false).unwrap();
            assert_eq!(openid_configuration(&base).as_str(), openid);
            assert_eq!(oauth_authorization_server(&base).as_str(), oauth);
        }
    }
}
