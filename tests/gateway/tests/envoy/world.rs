use std::sync::OnceLock;

use portcullis_gateway_suite::{
    Envoy, EnvoyInstallation, Gateway, Reply, SUITE, SuiteError, Upstream, Wire,
};
use portcullis_testing::{AuthorizationServer, Client, TokenBuilder};

/// An authorization server, a gateway that asks it, an Envoy in front of both, and what is behind.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) gateway: Gateway,
    pub(crate) upstream: Upstream,
    pub(crate) envoy: Envoy,
}

impl World {
    /// With these rules; `None`, said aloud, where there is no Envoy.
    pub(crate) async fn start(rules: &str) -> Option<Self> {
        if !can_run().await {
            return None;
        }
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .add_client(Client::new("gateway", "gateway-secret").jwt_in_introspection())
            .start()
            .await
            .unwrap();
        let gateway = Gateway::serve(&settings(server.issuer(), rules))
            .await
            .unwrap();
        let upstream = Upstream::start().await.unwrap();
        let envoy = Envoy::start(&gateway, &upstream).await.unwrap();
        Some(Self {
            server,
            gateway,
            upstream,
            envoy,
        })
    }

    pub(crate) fn token(&self) -> TokenBuilder {
        self.server.token().subject("alice").client("shop-web")
    }

    /// A request through Envoy.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)]) -> Reply {
        let wire = Wire::to(self.envoy.port());
        wire.send(line, headers).await.unwrap()
    }

    /// The same with a bearer token, under another host.
    pub(crate) async fn send_to(&self, host: &'static str, line: &str, token: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", &*authorization)];
        let wire = Wire::to(self.envoy.port()).host(host);
        wire.send(line, &headers).await.unwrap()
    }

    /// The same with a bearer token.
    pub(crate) async fn send_as(&self, line: &str, token: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        self.send(line, &[("Authorization", &authorization)]).await
    }
}

fn settings(issuer: &str, rules: &str) -> String {
    format!(
        r#"
[forward_auth]
gateway = "envoy"
listen = "127.0.0.1:9180"
[management]
listen = "127.0.0.1:9181"
[issuer]
url = "{issuer}"
kind = "keycloak"
audience = ["orders-api"]
client_id = "gateway"
client_secret_env = "GATEWAY_SECRET"
phantom_token = true
{rules}"#
    )
}

/// Whether there is an Envoy; where there is none, says so once, which is a failure under `CI=true`.
async fn can_run() -> bool {
    match EnvoyInstallation::find().await {
        Ok(_) => true,
        Err(SuiteError::Unavailable(reason)) => {
            static SAID: OnceLock<Result<(), String>> = OnceLock::new();
            let said = SAID.get_or_init(|| SUITE.skip(&reason));
            said.as_ref().unwrap_or_else(|line| panic!("{line}"));
            false
        }
        Err(error) => panic!("{error}"),
    }
}
