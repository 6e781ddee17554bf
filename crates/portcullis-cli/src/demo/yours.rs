//! The playground before an authorization server that is there already.

use std::{env, net::Ipv4Addr};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    DemoError,
    playground::{Api, NOTICES, Page, Registration},
};

/// Registered at the server as part of the redirect URI, so it is the same each time.
const PORT: u16 = 7300;

/// Which server, and as whom it is spoken to. An admin's password is not asked for.
#[derive(clap::Args)]
pub(super) struct YourServer {
    /// The issuer of a Keycloak realm of yours, for the page to run against instead of a server of its
    /// own: you log in there in the browser, and the page ends no session but the one it began.
    #[arg(long, value_name = "URL", conflicts_with = "once")]
    #[arg(requires_all = ["client_id", "client_secret_env"])]
    issuer: Option<String>,
    /// The client that you log in with, and that asks about tokens.
    #[arg(long, value_name = "ID", requires = "issuer")]
    client_id: Option<String>,
    /// The environment variable that has the client's secret.
    #[arg(long, value_name = "VARIABLE", requires = "issuer")]
    client_secret_env: Option<String>,
    /// The audience of the tokens; the client's id unless given.
    #[arg(long, requires = "issuer")]
    audience: Option<String>,
}

/// A server with everything that is needed.
pub(super) struct NamedServer {
    issuer: String,
    audience: String,
    client_id: String,
    client_secret: String,
    secret_variable: String,
}

impl YourServer {
    /// The server, if one is named.
    pub(super) fn named(&self) -> Result<Option<NamedServer>, DemoError> {
        let (Some(issuer), Some(client_id), Some(variable)) =
            (&self.issuer, &self.client_id, &self.client_secret_env)
        else {
            return Ok(None);
        };
        let secret = env::var(variable).ok().filter(|secret| !secret.is_empty());
        Ok(Some(NamedServer {
            issuer: issuer.clone(),
            audience: self.audience.as_ref().unwrap_or(client_id).clone(),
            client_id: client_id.clone(),
            client_secret: secret.ok_or_else(|| DemoError::NoSecret(variable.clone()))?,
            secret_variable: variable.clone(),
        }))
    }
}

/// Serves the page until it is interrupted.
pub(super) async fn run(server: &NamedServer, port: Option<u16>) -> Result<(), DemoError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(PORT))).await?;
    let address = listener.local_addr()?;
    let api = Api {
        address,
        audience: &server.audience,
        client_id: &server.client_id,
        client_secret: &server.client_secret,
        front_end: &server.client_id,
    };
    let page = Page::yours(
        api,
        Registration {
            issuer: server.issuer.clone(),
            client_id: server.client_id.clone(),
            client_secret: server.client_secret.clone(),
            redirect_uri: format!("http://{address}/callback"),
        },
    )
    .await?;
    println!("playground            {}", page.start_url);
    println!("authorization server  {}", server.issuer);
    println!("protected API         http://{address}");
    server.print_registration(&format!("http://{address}"));
    tokio::select! {
        served = axum::serve(listener, page.router) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

impl NamedServer {
    /// How the client comes to be what the page needs.
    fn print_registration(&self, url: &str) {
        let realm = self.issuer.rsplit('/').next().unwrap_or_default();
        let (id, variable) = (&self.client_id, &self.secret_variable);
        let attributes = json!({
            "pkce.code.challenge.method": "S256",
            "backchannel.logout.url": format!("{url}{NOTICES}"),
            "backchannel.logout.session.required": "true",
        });
        println!(
            "\nIf the realm has no such client yet, an admin makes one:\n\n\
             kcadm.sh create clients -r {realm} -s clientId={id} -s \"secret=${variable}\" -s standardFlowEnabled=true \\\n  \
             -s 'redirectUris={}' \\\n  -s 'attributes={attributes}' \\\n  -s 'protocolMappers={}'\n\n\
             Ctrl-C ends the page. The session that it began lives on unless you end it there.",
            json!([format!("{url}/callback")]),
            self.audience_mappers(),
        );
    }

    /// The tokens are for the API, and for the client that asks about them: Keycloak calls them inactive
    /// otherwise.
    fn audience_mappers(&self) -> Value {
        let mut audiences = vec![&self.audience];
        if self.client_id != self.audience {
            audiences.push(&self.client_id);
        }
        audiences
            .into_iter()
            .map(|audience| {
                json!({
                    "name": format!("audience {audience}"),
                    "protocol": "openid-connect",
                    "protocolMapper": "oidc-audience-mapper",
                    "config": {
                        "included.custom.audience": audience,
                        "access.token.claim": "true",
                        "lightweight.claim": "true",
                        "introspection.token.claim": "true",
                    },
                })
            })
            .collect()
    }
}
