use std::fmt::Write;

use http::HeaderName;

use super::{GatewayAddress, OVERRIDES, PrintError, goes_with, spelled};
use crate::{config::Config, forwarded::GatewayKind};

/// Where a part of the configuration belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum NginxPart {
    /// Into `http`, once.
    Http,
    /// Into each `server` with guarded locations.
    Server,
    /// Into each guarded `location`.
    Location,
    /// Into each guarded `location` with `grpc_pass`, beside [`Location`](Self::Location).
    Grpc,
}

/// nginx' part, or one part of it (nginx 1.22 or newer, with `auth_request`).
///
/// # Errors
/// When the file is for another gateway.
pub fn nginx(
    config: &Config,
    address: &GatewayAddress,
    part: Option<NginxPart>,
) -> Result<String, PrintError> {
    goes_with(config, GatewayKind::Nginx)?;
    Ok(match part {
        Some(NginxPart::Http) => http(address),
        Some(NginxPart::Server) => server(config),
        Some(NginxPart::Location) => location(config),
        Some(NginxPart::Grpc) => grpc(config),
        None => [
            http(address),
            server(config),
            location(config),
            grpc(config),
        ]
        .join("\n"),
    })
}

fn http(address: &GatewayAddress) -> String {
    let server = match address {
        GatewayAddress::Host(host) => host.clone(),
        GatewayAddress::Unix(path) => format!("unix:{path}"),
    };
    format!(
        "# ---- In `http`, once.
upstream portcullis_gateway {{
    server {server};
    keepalive 64;
    # Shorter than the forward-auth server waits.
    keepalive_timeout 30s;
}}
# Of a refusal `auth_request` gives clients the status, and a challenge with 401 alone.
map $portcullis_status $portcullis_denied_challenge {{
    volatile;
    default \"\";
    403 $portcullis_challenge;
}}
map $portcullis_status $portcullis_refused_cache {{
    volatile;
    default \"\";
    401 no-store;
    403 no-store;
}}
"
    )
}

fn server(config: &Config) -> String {
    let (scheme, tls) = match &config.settings.forward_auth.tls {
        None => ("http", ""),
        Some(_) => (
            "https",
            "    # The certificate that this nginx shows, and whose certificate it takes: put in your own.
    proxy_ssl_certificate         /etc/nginx/portcullis/nginx.pem;
    proxy_ssl_certificate_key     /etc/nginx/portcullis/nginx.key;
    proxy_ssl_trusted_certificate /etc/nginx/portcullis/authority.pem;
    proxy_ssl_verify              on;
    proxy_ssl_server_name         on;
    proxy_ssl_name                portcullis-gateway;
",
        ),
    };
    let nonce = if has_nonces(config) {
        "    add_header DPoP-Nonce $portcullis_dpop_nonce always;\n"
    } else {
        ""
    };
    let hidden: String = config
        .policy
        .owned_headers()
        .map(|name| format!("    proxy_hide_header {};\n", spelled(&name)))
        .collect();
    format!(
        r#"# ---- In each `server` with guarded locations, before every `rewrite`, `if` and `return` of it: they
# count for nginx' own question too, and one that leads it to an upstream lets in whom that answers.
if ($uri = /_portcullis) {{
    break;
}}
# `X_Auth_Subject` is not `X-Auth-Subject` to nginx, and is to many upstreams. Headers of such names
# are dropped; in the first `server` of an address this counts for all of them.
underscores_in_headers off;
ignore_invalid_headers on;

location = /_portcullis {{
    internal;
    auth_request off;
    # No `error_page` of the `server` or of `http` counts here: one that makes 200 of a 502 would let
    # everybody in while the forward-auth server is out of reach.
    error_page 599 @portcullis_refused;
    proxy_pass {scheme}://portcullis_gateway/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host portcullis-gateway;
    # What the client sent, and not what nginx has made of it. Its own headers of these names are
    # overwritten.
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Original-URI $request_uri;
    proxy_set_header X-Original-Host $host;
    # What other gateways are believed by: from clients alone.
    proxy_set_header X-Forwarded-Method "";
    proxy_set_header X-Forwarded-Uri "";
    proxy_set_header X-Forwarded-Host "";
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Expect "";
    # Each request is judged anew: a verdict that is kept is one that nobody can take back.
    proxy_cache off;
    proxy_store off;
    proxy_intercept_errors off;
    proxy_next_upstream error;
    proxy_connect_timeout 2s;
    proxy_read_timeout 20s;
    # Room for the identity, and for the full JWT.
    proxy_buffer_size 32k;
    proxy_buffers 4 32k;
    proxy_busy_buffers_size 64k;
    # `X-Accel-Redirect` of an upstream leads here too, and then a client would read the answer.
{hidden}{tls}}}

# `auth_request` lets 401 and 403 through and makes 500 of all else: this gives back what was said.
location @portcullis_refused {{
    auth_request off;
    # Nor here, where a page of the `server` would hide what was said.
    error_page 599 @portcullis_refused;
    add_header WWW-Authenticate $portcullis_challenge always;
    add_header Retry-After $portcullis_retry_after always;
{nonce}    add_header Cache-Control no-store always;
    if ($portcullis_status = 503) {{
        return 503;
    }}
    if ($portcullis_status = 400) {{
        return 400;
    }}
    # More of a request than the forward-auth server reads.
    if ($portcullis_status = 413) {{
        return 413;
    }}
    if ($portcullis_status = 414) {{
        return 414;
    }}
    if ($portcullis_status = 431) {{
        return 431;
    }}
    # The forward-auth server itself is out of reach: nobody knows, so nobody is let in.
    if ($portcullis_status ~ "^50[24]$") {{
        set $portcullis_retry_after 1;
        return 503;
    }}
    return 500;
}}
"#
    )
}

fn location(config: &Config) -> String {
    let mut text = String::from(
        "# ---- In each guarded `location`, beside its `proxy_pass`. A `proxy_set_header` of a `server` no
# longer counts here, so that `Host` and the like belong here too; `return` and `rewrite ... last`
# come before any question.
# Nor do `add_header` and `error_page` of the `server`: what you have of them there, such as
# `Strict-Transport-Security`, write here again.
# ONLY `proxy_pass` IS COVERED: beside `grpc_pass` include the part `grpc` as well. `fastcgi_pass`,
# `uwsgi_pass` and `scgi_pass` pass on what clients write into the headers below, and their token.
auth_request /_portcullis;
satisfy all;
auth_request_set $portcullis_status $status;
auth_request_set $portcullis_retry_after $upstream_http_retry_after;
auth_request_set $portcullis_challenge $upstream_http_www_authenticate;
error_page 500 = @portcullis_refused;
add_header WWW-Authenticate $portcullis_denied_challenge always;
add_header Cache-Control $portcullis_refused_cache always;
",
    );
    if has_nonces(config) {
        text.push_str(
            "auth_request_set $portcullis_dpop_nonce $upstream_http_dpop_nonce;
add_header DPoP-Nonce $portcullis_dpop_nonce always;
",
        );
    }
    text.push_str(
        "# Every header of the identity is overwritten, also with nothing, which takes it off.\n",
    );
    for name in config.policy.owned_headers() {
        let (variable, spelled) = (variable(&name), spelled(&name));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "auth_request_set $portcullis_{variable} $upstream_http_{variable};"
        );
        let _ = writeln!(text, "proxy_set_header {spelled} $portcullis_{variable};");
    }
    text.push_str("# No other method and no other path than those that were judged.\n");
    for name in overrides() {
        let _ = writeln!(text, "proxy_set_header {name} \"\";");
    }
    text
}

fn has_nonces(config: &Config) -> bool {
    config
        .settings
        .dpop
        .as_ref()
        .is_some_and(|dpop| dpop.nonces)
}

/// What the other part says in `proxy_set_header`, which counts for `proxy_pass` alone.
fn grpc(config: &Config) -> String {
    let mut text = String::from(
        "# ---- In each guarded `location` with `grpc_pass`, beside the part above.\n",
    );
    for name in config.policy.owned_headers() {
        let (variable, spelled) = (variable(&name), spelled(&name));
        // Writing to a string does not fail.
        let _ = writeln!(text, "grpc_set_header {spelled} $portcullis_{variable};");
    }
    for name in overrides() {
        let _ = writeln!(text, "grpc_set_header {name} \"\";");
    }
    text
}

fn overrides() -> impl Iterator<Item = &'static str> {
    OVERRIDES
        .into_iter()
        .chain(["X-Original-URI", "X-Original-Method"])
}

fn variable(name: &HeaderName) -> String {
    name.as_str().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(forward_auth: &str) -> Config {
        let text = format!(
            "[forward_auth]\ngateway = \"nginx\"\n{forward_auth}\n[issuer]\nurl = \"https://id.example.com\"\naudience = [\"a\"]\n[identity]\nX-User = \"subject\"\nX-Two-Words = \"client\"\n"
        );
        Config::parse(&text).unwrap()
    }

    #[test]
    fn each_owned_header_is_overwritten() {
        let config = config("listen = \"0.0.0.0:9180\"");
        let text = nginx(&config, &GatewayAddress::of(&config, None), None).unwrap();
        for line in [
            "server 127.0.0.1:9180;",
            "proxy_pass http://portcullis_gateway/;",
            "proxy_set_header X-User $portcullis_x_user;",
            "auth_request_set $portcullis_x_two_words $upstream_http_x_two_words;",
            "proxy_set_header X-Two-Words $portcullis_x_two_words;",
            "proxy_set_header Authorization $portcullis_authorization;",
            "proxy_set_header X-HTTP-Method-Override \"\";",
            "grpc_set_header X-User $portcullis_x_user;",
            "grpc_set_header Authorization $portcullis_authorization;",
            "grpc_set_header X-HTTP-Method-Override \"\";",
            "proxy_cache off;",
            "error_page 599 @portcullis_refused;",
            "proxy_hide_header Authorization;",
            "proxy_hide_header X-Two-Words;",
            "error_page 500 = @portcullis_refused;",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn nonces_are_passed_on_where_proofs_need_them() {
        let printed = |dpop: &str| {
            let listen = "listen = \"127.0.0.1:9180\"";
            let config = config(&format!("{listen}\n{dpop}"));
            nginx(&config, &GatewayAddress::of(&config, None), None).unwrap()
        };
        let dpop = "[dpop]\nexternal_urls = [\"https://api.example.com\"]\n";
        for without in ["", dpop] {
            assert!(!printed(without).contains("dpop_nonce"));
        }
        let with = printed(&format!("{dpop}nonces = true\n"));
        let told = "add_header DPoP-Nonce $portcullis_dpop_nonce always;";
        assert_eq!(with.matches(told).count(), 2, "{with}");
        assert!(with.contains("auth_request_set $portcullis_dpop_nonce"));
    }

    #[test]
    fn the_parts_are_the_whole() {
        let config = config("listen = \"unix:/run/p.sock\"");
        let address = GatewayAddress::of(&config, None);
        let parts = [
            NginxPart::Http,
            NginxPart::Server,
            NginxPart::Location,
            NginxPart::Grpc,
        ];
        let parts = parts.map(|part| nginx(&config, &address, Some(part)).unwrap());
        assert!(parts[0].contains("server unix:/run/p.sock;"));
        let whole = nginx(&config, &address, None);
        assert_eq!(whole, Ok(parts.join("\n")));
    }

    #[test]
    fn a_gateway_with_a_certificate_is_reached_by_tls() {
        let config = config(
            "listen = \"127.0.0.1:9180\"\ntls = { certificate_file = \"a\", key_file = \"b\", client_authority_file = \"c\" }",
        );
        let text = nginx(&config, &GatewayAddress::of(&config, None), None).unwrap();
        assert!(text.contains("proxy_pass https://portcullis_gateway/;"));
        assert!(text.contains("proxy_ssl_verify              on;"));
    }
}
