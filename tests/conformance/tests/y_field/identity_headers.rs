use portcullis_gateway::{
    Config,
    printed::{GatewayAddress, nginx, traefik},
};

fn config(gateway: &str, header: &str) -> Result<Config, impl std::fmt::Debug> {
    Config::parse(&format!(
        r#"
[forward_auth]
gateway = "{gateway}"
listen = "127.0.0.1:9180"
[issuer]
url = "https://id.example.com"
audience = ["orders-api"]
[identity]
{header} = "subject"
"#
    ))
}

#[test]
fn y55_oauth2_proxy_no_spelling_of_an_identity_header_is_smuggled_past() {
    // `X_Forwarded_User` is `X-Forwarded-User` to many upstreams. A gateway that keeps such names
    // out, or takes off each of them, is what is printed; nobody can own one himself.
    for name in ["X_User", "X-Auth_User", "X-Forwarded-User"] {
        assert!(config("nginx", name).is_err(), "{name}");
    }
    let own = config("nginx", "X-Auth-User").unwrap();
    let printed = nginx(&own, &GatewayAddress::of(&own, None), None).unwrap();
    for line in [
        "underscores_in_headers off;",
        "ignore_invalid_headers on;",
        "proxy_set_header X-Auth-User $portcullis_x_auth_user;",
    ] {
        assert!(
            printed.lines().any(|own| own.trim() == line),
            "{line}\n{printed}"
        );
    }
    let own = config("traefik", "X-Auth-User").unwrap();
    let printed = traefik(&own, &GatewayAddress::of(&own, None)).unwrap();
    for line in [
        "X_Auth_User: \"\"",
        "X_Auth-User: \"\"",
        "X-Auth_User: \"\"",
        "- X-Auth-User",
    ] {
        assert!(
            printed.lines().any(|own| own.trim() == line),
            "{line}\n{printed}"
        );
    }
}
