use std::sync::OnceLock;

use portcullis_gateway_suite::{
    Gateway, Installation, Nginx, Reply, SUITE, SuiteError, Upstream, Wire,
};
use portcullis_testing::{AuthorizationServer, Client, TokenBuilder};

/// An authorization server, a gateway that asks it, an nginx in front of both, and what is behind.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) gateway: Gateway,
    pub(crate) upstream: Upstream,
    pub(crate) nginx: Nginx,
}

/// The settings of the gateway at this server.
pub(crate) fn issuer(url: &str) -> String {
    format!(
        r#"url = "{url}"
kind = "keycloak"
audience = ["orders-api"]
client_id = "gateway"
client_secret_env = "GATEWAY_SECRET"
phantom_token = true
"#
    )
}

impl World {
    /// With these rules; `None`, said aloud, where there is no nginx.
    pub(crate) async fn start(rules: &str) -> Option<Self> {
        Self::start_with(rules, "").await
    }

    /// The same with what an operator has written into nginx' `server`.
    pub(crate) async fn start_with(rules: &str, own: &str) -> Option<Self> {
        if !can_run() {
            return None;
        }
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .add_client(Client::new("gateway", "gateway-secret").jwt_in_introspection())
            .start()
            .await
            .unwrap();
        let gateway = Gateway::start(&issuer(server.issuer()), rules)
            .await
            .unwrap();
        let upstream = Upstream::start().await.unwrap();
        let nginx = Nginx::start_with(&gateway, &upstream, own).await.unwrap();
        Some(Self {
            server,
            gateway,
            upstream,
            nginx,
        })
    }

    pub(crate) fn token(&self) -> TokenBuilder {
        self.server.token().subject("alice").client("shop-web")
    }

    /// A request through nginx.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)]) -> Reply {
        Wire::to(self.nginx.port())
            .send(line, headers)
            .await
            .unwrap()
    }

    /// The same with a bearer token, under another host.
    pub(crate) async fn send_to(&self, host: &'static str, line: &str, token: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", &*authorization)];
        let wire = Wire::to(self.nginx.port()).host(host);
        wire.send(line, &headers).await.unwrap()
    }

    /// The same with a bearer token.
    pub(crate) async fn send_as(&self, line: &str, token: &str) -> Reply {
        self.send(line, &[("Authorization", &format!("Bearer {token}"))])
            .await
    }
}

/// Whether there is an nginx; where there is none, says so once, which is a failure under `CI=true`.
pub(crate) fn can_run() -> bool {
    match Installation::find() {
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
