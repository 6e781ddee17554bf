use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use portcullis::{Authenticator, IssuerBuilder, ManualClock, Realm, WithCredentials};
use portcullis_gateway::{Config, Gate, forwarded::Peer};
use portcullis_testing::{AuthorizationServer, Client, Endpoint, TokenBuilder};

/// When every test begins.
const T0: u64 = 1_700_000_000;

/// An authorization server and the clock that it shares with the gate.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) clock: ManualClock,
}

/// A gate with rules of the test's own.
pub(crate) struct Gated {
    pub(crate) gate: Gate,
}

/// What a gateway gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl World {
    pub(crate) async fn start() -> Self {
        let clock = ManualClock::at(T0);
        let time = clock.clone();
        let server = AuthorizationServer::builder()
            .clock(move || time.system_time())
            .audience("orders-api")
            .add_client(Client::new("gateway", "hush").jwt_in_introspection())
            .start()
            .await
            .unwrap();
        Self { server, clock }
    }

    pub(crate) fn realm(&self) -> IssuerBuilder<WithCredentials> {
        Realm::new(self.server.issuer())
            .unwrap()
            .audience("orders-api")
            .clock(self.clock.clone())
            .client_secret("gateway", "hush")
    }

    /// An nginx gate whose file has these tables beside `[forward_auth]` and `[issuer]`.
    pub(crate) fn gate(&self, tables: &str) -> Gated {
        self.gate_with(tables, |authenticator| authenticator)
    }

    pub(crate) fn gate_with(
        &self,
        tables: &str,
        more: impl FnOnce(Authenticator) -> Authenticator,
    ) -> Gated {
        let verifier = self.realm().phantom_token().build().unwrap().hybrid();
        let authenticator = more(Authenticator::new(verifier));
        Gated {
            gate: Gate::new(policy("nginx", tables), authenticator),
        }
    }

    pub(crate) fn token(&self) -> TokenBuilder {
        self.server.token().subject("alice").client("shop-web")
    }

    /// How often the server was asked about tokens.
    pub(crate) fn calls(&self) -> usize {
        self.server.request_count(Endpoint::Introspection)
    }
}

/// When every test begins.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(T0)
}

pub(crate) fn policy(gateway: &str, tables: &str) -> portcullis_gateway::Policy {
    let text = format!(
        r#"
[forward_auth]
gateway = "{gateway}"
listen = "127.0.0.1:0"
[issuer]
url = "https://id.example.com/realms/shop"
audience = ["orders-api"]
client_id = "gateway"
client_secret_env = "UNUSED"
phantom_token = true
{tables}"#
    );
    Config::parse(&text).unwrap().policy
}

/// What requests are to, unless a test says otherwise.
pub(crate) const HOST: &str = "api.example";

pub(crate) const LOCAL: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

impl Gated {
    /// The question of an nginx on this machine about a request with this token.
    pub(crate) async fn ask(&self, request: &str, token: &str) -> Answer {
        self.ask_with(request, &[("authorization", &format!("Bearer {token}"))])
            .await
    }

    /// The same about a request with these headers.
    pub(crate) async fn ask_with(&self, request: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask_at(&[HOST], request, headers).await
    }

    /// The same about a request to this host, which nginx tells so many times.
    pub(crate) async fn ask_at(
        &self,
        hosts: &[&str],
        request: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let (method, target) = request.split_once(' ').unwrap();
        let asked = [("x-original-method", method), ("x-original-uri", target)];
        let hosts: Vec<_> = hosts
            .iter()
            .map(|host| ("x-original-host", *host))
            .collect();
        self.send(LOCAL, &[&asked[..], &hosts, headers].concat())
            .await
    }

    /// A question as it is.
    pub(crate) async fn send(&self, peer: Peer, lines: &[(&str, &str)]) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Answer::of(self.gate.answer(peer, &headers).await)
    }
}

impl Answer {
    fn of(response: Response<Bytes>) -> Self {
        let (parts, _) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
        }
    }

    /// The one value of a header; panics where there is none or more.
    #[track_caller]
    pub(crate) fn only(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name}: {self:?}");
        values[0].to_str().unwrap()
    }

    /// Asserts that nobody is said to be anybody.
    #[track_caller]
    pub(crate) fn assert_nobody(&self) {
        for name in [
            "authorization",
            "x-auth-subject",
            "x-auth-client",
            "x-auth-scopes",
        ] {
            assert_eq!(self.only(name), "", "{name}");
        }
    }
}
