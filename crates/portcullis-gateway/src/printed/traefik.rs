use std::fmt::Write;

use http::header;

use super::{GatewayAddress, OVERRIDES, PrintError, goes_with, spelled};
use crate::{config::Config, forwarded::GatewayKind};

/// Traefik's part: dynamic configuration for its file provider. Routers name the middleware
/// `portcullis`.
///
/// # Errors
/// When the file is for another gateway, or the server listens on a Unix socket.
pub fn traefik(config: &Config, address: &GatewayAddress) -> Result<String, PrintError> {
    goes_with(config, GatewayKind::Traefik)?;
    let GatewayAddress::Host(host) = address else {
        return Err(PrintError::UnixSocket);
    };
    let (scheme, tls) = match &config.settings.forward_auth.tls {
        None => ("http", ""),
        Some(_) => (
            "https",
            "        # The certificate that this Traefik shows, and whose it takes: put in your own.
        tls:
          ca: /etc/traefik/portcullis/authority.pem
          cert: /etc/traefik/portcullis/traefik.pem
          key: /etc/traefik/portcullis/traefik.key
",
        ),
    };
    let mut text = String::from(
        "# Guarded routers name the one middleware `portcullis`.
http:
  middlewares:
    portcullis:
      chain:
        middlewares:
          - portcullis-spellings
          - portcullis-judge
    # `X_Auth_Subject` is not `X-Auth-Subject` to Traefik, and is to many upstreams; and no other
    # method and no other path than those that are judged. Traefik drops no names by a pattern: an
    # upstream to which `X.Auth.Subject` is the same as well (lighttpd's CGI) must not be behind it.
    portcullis-spellings:
      headers:
        customRequestHeaders:
",
    );
    // Writing to a string does not fail.
    for name in config
        .policy
        .owned_headers()
        .filter(|name| *name != header::AUTHORIZATION)
    {
        let own = spelled(&name);
        for spelling in spellings(&own).filter(|spelling| *spelling != own) {
            let _ = writeln!(text, "          {spelling}: \"\"");
        }
    }
    for spelling in OVERRIDES.into_iter().flat_map(spellings) {
        let _ = writeln!(text, "          {spelling}: \"\"");
    }
    let _ = write!(
        text,
        r#"    portcullis-judge:
      forwardAuth:
        address: "{scheme}://{host}/"
        # What clients write into `X-Forwarded-*` is overwritten.
        trustForwardHeader: false
        authRequestHeaders:
          - Authorization
          - DPoP
{tls}        # Each is overwritten with what the answer says, also with nothing.
        authResponseHeaders:
"#
    );
    for name in config.policy.owned_headers() {
        let _ = writeln!(text, "          - {}", spelled(&name));
    }
    Ok(text)
}

/// Every way to write a name with `_` for some of its `-`, and as it is.
fn spellings(name: &str) -> impl Iterator<Item = String> {
    let mut words = name.split('-');
    let mut spellings = vec![words.next().unwrap_or_default().to_owned()];
    for word in words {
        spellings = spellings
            .iter()
            .flat_map(|begun| ['-', '_'].map(|between| format!("{begun}{between}{word}")))
            .collect();
    }
    spellings.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str) -> Config {
        let text = format!(
            "[forward_auth]\ngateway = \"traefik\"\nlisten = \"{listen}\"\n[issuer]\nurl = \"https://id.example.com\"\naudience = [\"a\"]\n[identity]\nX-Auth-User = \"subject\"\n"
        );
        Config::parse(&text).unwrap()
    }

    #[test]
    fn each_owned_header_is_overwritten_in_every_spelling() {
        let config = config("127.0.0.1:9180");
        let text = traefik(&config, &GatewayAddress::of(&config, None)).unwrap();
        for line in [
            "address: \"http://127.0.0.1:9180/\"",
            "trustForwardHeader: false",
            "          X_Auth_User: \"\"",
            "          X_Auth-User: \"\"",
            "          X-Auth_User: \"\"",
            "          - X-Auth-User",
            "          - Authorization",
            "          X-Rewrite-URL: \"\"",
            "          X-HTTP-Method-Override: \"\"",
            "          X_HTTP_Method_Override: \"\"",
            "          X-HTTP_Method-Override: \"\"",
            "          X_Original_URL: \"\"",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("X-Auth-User: \"\""));
    }

    #[test]
    fn a_socket_is_none_for_traefik() {
        let config = config("unix:/run/p.sock");
        let address = GatewayAddress::of(&config, None);
        assert_eq!(traefik(&config, &address), Err(PrintError::UnixSocket));
        let elsewhere = GatewayAddress::of(&config, Some("gateway:9180".to_owned()));
        assert!(
            traefik(&config, &elsewhere)
                .unwrap()
                .contains("http://gateway:9180/")
        );
    }
}
