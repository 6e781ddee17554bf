//! The playground before an authorization server that is there already.

use std::{env, net::Ipv4Addr};

use tokio::net::TcpListener;
use url::{Host, Url};

use super::{
    DemoError,
    playground::{Api, NOTICES, Page, Registration},
    printed_host,
    registration::NewClient,
};
use crate::terminal::visible;

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
        check_transport(issuer)?;
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
    let origin = printed_host::origin(address);
    let redirect_uri = format!("{origin}/callback");
    let api = Api {
        origin: &origin,
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
            redirect_uri: redirect_uri.clone(),
        },
    )
    .await?;
    println!("playground            {}", page.start_url);
    println!("authorization server  {}", visible(&server.issuer));
    println!("protected API         {origin}");
    server.print_registration(&redirect_uri, &format!("{origin}{NOTICES}"));
    println!("\nCtrl-C ends the page. The session that it began lives on unless you end it there.");
    let router = printed_host::only_at(address, page.router);
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

impl NamedServer {
    /// How the client comes to be what the page needs.
    fn print_registration(&self, redirect_uri: &str, notices: &str) {
        let client = NewClient {
            issuer: &self.issuer,
            id: &self.client_id,
            secret_variable: &self.secret_variable,
            audience: &self.audience,
            redirect_uri,
            notices,
        };
        if let Some(command) = client.command() {
            println!("\nIf the realm has no such client yet, an admin makes one:\n\n{command}");
        } else {
            println!(
                "\nThe client needs the redirect URI {redirect_uri}\nand the back-channel logout URL {notices}"
            );
        }
    }
}

/// Refuses what the library would refuse, whose cure the demo does not have.
fn check_transport(issuer: &str) -> Result<(), DemoError> {
    let is_loopback = |url: &Url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    match Url::parse(issuer) {
        Ok(url) if url.scheme() == "http" && !is_loopback(&url) => {
            Err(DemoError::PlainHttp(issuer.to_owned()))
        }
        _ => Ok(()),
    }
}
