use std::{fmt::Write, net::SocketAddr, str::FromStr};

use http::{HeaderName, header};

use super::{GatewayAddress, OVERRIDES, PrintError, goes_with};
use crate::{config::Config, forwarded::GatewayKind};

/// What is Envoy's own, so that what is printed runs as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvoyPlaces {
    /// Where clients come in.
    pub listen: SocketAddr,
    /// What is guarded.
    pub upstream: Endpoint,
}

/// A host and a port, as Envoy takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    is_address: bool,
}

/// A text is no host and port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host and port: write `127.0.0.1:9180`, `[::1]:9180` or `gateway.internal:9180`"
)]
pub struct EndpointError(String);

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self {
                host: address.ip().to_string(),
                port: address.port(),
                is_address: true,
            });
        }
        let is_name = |host: &&str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !host.is_empty() && host.bytes().all(is_letter)
        };
        let named = text.rsplit_once(':').and_then(|(host, port)| {
            let host = Some(host).filter(is_name)?.to_owned();
            Some((host, port.parse().ok()?))
        });
        let (host, port) = named.ok_or_else(|| EndpointError(text.to_owned()))?;
        Ok(Self {
            host,
            port,
            is_address: false,
        })
    }
}

impl EnvoyPlaces {
    /// Clients come in here, for what is there.
    #[must_use]
    pub fn new(listen: SocketAddr, upstream: Endpoint) -> Self {
        Self { listen, upstream }
    }
}

/// A bootstrap for Envoy 1.36 or newer, of which `ext_authz` and what belongs to it is the gateway's part.
///
/// # Errors
/// When the file is for another gateway, or the address is no host and port, and no socket.
pub fn envoy(
    config: &Config,
    address: &GatewayAddress,
    places: &EnvoyPlaces,
) -> Result<String, PrintError> {
    goes_with(config, GatewayKind::Envoy)?;
    let gateway = match address {
        GatewayAddress::Host(host) => Place::Endpoint(host.parse()?),
        GatewayAddress::Unix(path) => Place::Pipe(path.clone()),
    };
    let EnvoyPlaces { listen, upstream } = places;
    let listen = Place::Endpoint(Endpoint {
        host: listen.ip().to_string(),
        port: listen.port(),
        is_address: true,
    });
    let mut text = format!(
        "# The listener's address, the routes and the cluster `upstream` are yours; the rest belongs to the
# gateway. Runs as it is: `envoy -c envoy.yaml`.
static_resources:
  listeners:
  - name: clients
    address:
{}{CONNECTIONS}",
        listen.address(6)
    );
    text.push_str(&removals(config));
    text.push_str(QUESTION);
    let _ = write!(
        text,
        "  clusters:
  - name: upstream
{}  - name: portcullis_gateway
{}{GATEWAY}",
        Place::Endpoint(upstream.clone()).cluster("upstream"),
        gateway.cluster("portcullis_gateway"),
    );
    if config.settings.forward_auth.tls.is_some() {
        text.push_str(TLS);
    }
    Ok(text)
}

enum Place {
    Endpoint(Endpoint),
    Pipe(String),
}

impl Place {
    fn address(&self, indent: usize) -> String {
        let margin = " ".repeat(indent);
        match self {
            Self::Endpoint(Endpoint { host, port, .. }) => format!(
                "{margin}socket_address:\n{margin}  address: {}\n{margin}  port_value: {port}\n",
                quoted(host)
            ),
            Self::Pipe(path) => format!("{margin}pipe:\n{margin}  path: {}\n", quoted(path)),
        }
    }

    fn cluster(&self, name: &str) -> String {
        let is_name = matches!(self, Self::Endpoint(endpoint) if !endpoint.is_address);
        let kind = if is_name { "STRICT_DNS" } else { "STATIC" };
        format!(
            "    type: {kind}
    connect_timeout: 2s
    load_assignment:
      cluster_name: {name}
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
{}",
            self.address(14)
        )
    }
}

/// A text of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn removals(config: &Config) -> String {
    let mut text = ODD_NAMES.to_owned();
    let overrides = OVERRIDES.map(str::to_ascii_lowercase);
    let owned = config.policy.owned_headers();
    // The question is about this one.
    let identity = owned.filter(|name| *name != header::AUTHORIZATION);
    let identity = identity.map(|name: HeaderName| name.as_str().to_owned());
    for name in identity.chain(overrides) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "                - remove: {name}");
    }
    text
}

/// Some upstreams take every sign for a `-`, and not `_` alone: `X.Auth+Subject`.
const ODD_NAMES: &str = r#"                - remove_on_match:
                    key_matcher:
                      safe_regex:
                        regex: "[^:]*[^:a-z0-9-].*"
"#;

const CONNECTIONS: &str = r#"    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: clients
          use_remote_address: true
          # Whoever sends a request slowly, or many at once, keeps nobody else out.
          request_headers_timeout: 10s
          stream_idle_timeout: 300s
          http2_protocol_options:
            max_concurrent_streams: 100
            initial_stream_window_size: 65536
            initial_connection_window_size: 1048576
          # Routes, rules and upstream read one and the same path. What cannot be made one is refused.
          normalize_path: true
          merge_slashes: true
          path_with_escaped_slashes_action: REJECT_REQUEST
          common_http_protocol_options:
            # `X_Auth_Subject` is not `X-Auth-Subject` to Envoy, and is to many upstreams.
            headers_with_underscores_action: DROP_HEADER
            idle_timeout: 3600s
          local_reply_config:
            mappers:
            # Nobody can be asked, so nobody is let in: a while later somebody may.
            - filter:
                and_filter:
                  filters:
                  - response_flag_filter:
                      flags:
                      - UAEX
                  - status_code_filter:
                      comparison:
                        op: EQ
                        value:
                          default_value: 503
                          runtime_key: portcullis_gateway.unavailable
              headers_to_add:
              - header:
                  key: retry-after
                  value: "1"
                append_action: ADD_IF_ABSENT
          route_config:
            virtual_hosts:
            - name: upstream
              domains:
              - "*"
              routes:
              - match:
                  prefix: /
                route:
                  cluster: upstream
          http_filters:
          # What a client calls itself, on routes without a question too; and no other method and no other
          # path than those that are judged.
          - name: envoy.filters.http.header_mutation
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
              mutations:
                request_mutations:
"#;

const QUESTION: &str = r#"          - name: envoy.filters.http.ext_authz
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
              transport_api_version: V3
              grpc_service:
                envoy_grpc:
                  cluster_name: portcullis_gateway
                # Longer than an answer takes that waits for the issuer's.
                timeout: 20s
              # Whom nobody has judged nobody lets in.
              failure_mode_allow: false
              status_on_error:
                code: ServiceUnavailable
              # The route is chosen by what was judged, and not by what the answer adds.
              clear_route_cache: false
              # For tokens that are bound to a certificate, where clients show one to Envoy.
              include_peer_certificate: true
              # Line by line and byte by byte, as they came; and no cookie and no other secret.
              encode_raw_headers: true
              allowed_headers:
                patterns:
                - exact: authorization
                - exact: dpop
                - exact: content-type
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"#;

const GATEWAY: &str = r#"    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config:
          http2_protocol_options:
            connection_keepalive:
              interval: 30s
              timeout: 5s
    circuit_breakers:
      thresholds:
      # Whoever waits for the issuer keeps nobody else from asking.
      - max_requests: 16384
        max_pending_requests: 16384
    health_checks:
    - timeout: 2s
      interval: 5s
      no_traffic_interval: 5s
      unhealthy_threshold: 2
      healthy_threshold: 1
      grpc_health_check:
        service_name: envoy.service.auth.v3.Authorization
"#;

const TLS: &str = r#"    # The certificate that this Envoy shows, and whose it takes: put in your own.
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: portcullis-gateway
        common_tls_context:
          tls_certificates:
          - certificate_chain:
              filename: /etc/envoy/portcullis/envoy.pem
            private_key:
              filename: /etc/envoy/portcullis/envoy.key
          validation_context:
            trusted_ca:
              filename: /etc/envoy/portcullis/authority.pem
            match_typed_subject_alt_names:
            - san_type: DNS
              matcher:
                exact: portcullis-gateway
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn config(forward_auth: &str) -> Config {
        let text = format!(
            "[forward_auth]\ngateway = \"envoy\"\n{forward_auth}\n[issuer]\nurl = \"https://id.example.com\"\naudience = [\"a\"]\n[identity]\nX-User = \"subject\"\n"
        );
        Config::parse(&text).unwrap()
    }

    fn printed(config: &Config, elsewhere: Option<&str>) -> Result<String, PrintError> {
        let address = GatewayAddress::of(config, elsewhere.map(str::to_owned));
        let upstream = "orders.internal:8000".parse()?;
        let listen = SocketAddr::from(([0, 0, 0, 0], 8080));
        envoy(config, &address, &EnvoyPlaces::new(listen, upstream))
    }

    #[test]
    fn what_keeps_strangers_out_is_there() {
        let text = printed(&config("listen = \"0.0.0.0:9180\""), None).unwrap();
        for line in [
            "failure_mode_allow: false",
            "code: ServiceUnavailable",
            "transport_api_version: V3",
            "request_headers_timeout: 10s",
            "max_concurrent_streams: 100",
            "path_with_escaped_slashes_action: REJECT_REQUEST",
            "headers_with_underscores_action: DROP_HEADER",
            "clear_route_cache: false",
            "- remove: x-user\n",
            "- remove_on_match:\n",
            "- remove: x-http-method-override\n",
            "address: \"127.0.0.1\"\n                port_value: 9180\n",
            "type: STRICT_DNS",
            "address: \"orders.internal\"\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("remove: authorization"));
        assert!(!text.contains("transport_socket"));
    }

    #[test]
    fn it_is_reached_by_a_socket_by_name_and_by_tls() {
        let socket = config("listen = \"unix:/run/p.sock\"");
        let text = printed(&socket, None).unwrap();
        assert!(
            text.contains("pipe:\n                path: \"/run/p.sock\"\n"),
            "{text}"
        );
        assert!(
            printed(&socket, Some("gateway:9180"))
                .unwrap()
                .contains("address: \"gateway\"\n")
        );
        for bad in [
            "gateway",
            "gateway:x",
            ":9180",
            "a b:1",
            "a\n:1",
            "http://a:1",
        ] {
            assert!(printed(&socket, Some(bad)).is_err(), "{bad}");
        }
        let tls = config(
            "listen = \"127.0.0.1:9180\"\ntls = { certificate_file = \"a\", key_file = \"b\", client_authority_file = \"c\" }",
        );
        assert!(
            printed(&tls, None)
                .unwrap()
                .contains("match_typed_subject_alt_names")
        );
    }
}
