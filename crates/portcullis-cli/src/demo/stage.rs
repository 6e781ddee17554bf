use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use portcullis::{ConfigError, Realm};
use portcullis_testing::{AuthorizationServer, Client, Endpoint};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    DemoError, api,
    playground::{Api, NOTICES, Page},
    printed_host,
};

const AUDIENCE: &str = "orders-api";
const CLIENT_SECRET: &str = "orders-secret";
/// The client that users log in with, and that is told when they log out.
const FRONT_END: &str = "shop-web";
/// The client that users of the page log in with.
const PAGE_FRONT_END: &str = "playground-web";

/// The authorization server and the API, on loopback.
pub(super) struct Stage {
    pub(super) server: Arc<AuthorizationServer>,
    pub(super) url: String,
    /// Opens the page, where there is one.
    start_url: Option<String>,
    api: JoinHandle<std::io::Result<()>>,
}

impl Stage {
    /// The server and the API alone.
    pub(super) async fn for_story() -> Result<Self, DemoError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = authorization_server(address).await?;
        let router = router(&server).await?;
        Ok(Self::lit(server, listener, address, router))
    }

    /// The same with the page at the root of the API, which listens on this port; 0 takes a free one.
    pub(super) async fn with_page(port: u16) -> Result<Self, DemoError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let server = authorization_server(address).await?;
        let origin = printed_host::origin(address);
        let api = Api {
            origin: &origin,
            audience: AUDIENCE,
            client_id: AUDIENCE,
            client_secret: CLIENT_SECRET,
            front_end: PAGE_FRONT_END,
        };
        let page = Page::embedded(api, &server).await?;
        let router = router(&server).await?.merge(page.router);
        let mut stage = Self::lit(server, listener, address, router);
        stage.start_url = Some(page.start_url);
        Ok(stage)
    }

    fn lit(
        server: Arc<AuthorizationServer>,
        listener: TcpListener,
        address: SocketAddr,
        router: Router,
    ) -> Self {
        let router = printed_host::only_at(address, router);
        Self {
            server,
            url: printed_host::origin(address),
            start_url: None,
            api: tokio::spawn(async move { axum::serve(listener, router).await }),
        }
    }

    /// A token of a user who has just logged in, good for an hour.
    pub(super) fn token_of_new_session(&self, user: &str) -> String {
        let session = self.server.login(user);
        let token = session.token().client(FRONT_END);
        token.expires_in(Duration::from_secs(3600)).jwt()
    }

    /// How often the API has asked the server about a token.
    pub(super) fn introspection_calls(&self) -> usize {
        self.server.request_count(Endpoint::Introspection)
    }

    /// What there is, and what to try.
    pub(super) fn print_invitation(&self) {
        let url = &self.url;
        if let Some(start_url) = &self.start_url {
            println!("playground            {start_url}");
        }
        let bearer = "-H \"Authorization: Bearer $TOKEN\"";
        println!("authorization server  {}", self.server.issuer());
        println!("protected API         {url}");
        println!(
            "\nA token of the user ali, good for an hour:\n\nTOKEN={}\n",
            self.token_of_new_session("ali")
        );
        for (what, request) in [
            ("401: no token", format!("{url}/orders")),
            (
                "200: verified here, no call to the server",
                format!("{bearer} {url}/orders"),
            ),
            (
                "200: the server is asked first",
                format!("-X POST {bearer} {url}/payments"),
            ),
            ("403: ali is no admin", format!("{bearer} {url}/admin")),
            (
                "204: ali's session ends, and nobody is told",
                format!("-X DELETE {bearer} {url}/session"),
            ),
            (
                "200: the signature is still good, nobody is asked",
                format!("{bearer} {url}/orders"),
            ),
            (
                "401: the server is asked and knows better",
                format!("-X POST {bearer} {url}/payments"),
            ),
            (
                "401: and from now on this route knows it too",
                format!("{bearer} {url}/orders"),
            ),
        ] {
            println!("# {what}\ncurl -i {request}\n");
        }
        println!(
            "The same API, which the server tells of the end of sessions, and a token of sam:\n\nTOKEN={}\n",
            self.token_of_new_session("sam")
        );
        for (what, request) in [
            (
                "200: verified here; an API that has just started asks once",
                format!("{bearer} {url}/told/orders"),
            ),
            (
                "204: sam logs out, and the server tells",
                format!("-X DELETE {bearer} {url}/told/session"),
            ),
            (
                "401: at once, and nobody is asked",
                format!("{bearer} {url}/told/orders"),
            ),
        ] {
            println!("# {what}\ncurl -i {request}\n");
        }
        println!("Ctrl-C ends it all. `demo --once` plays this story by itself.");
    }
}

/// The authorization server of an API at this address.
async fn authorization_server(address: SocketAddr) -> Result<Arc<AuthorizationServer>, DemoError> {
    let origin = printed_host::origin(address);
    let front_end = |id: &str, receiver: &str| {
        Client::public(id).backchannel_logout(format!("{origin}{receiver}"))
    };
    let server = AuthorizationServer::builder()
        .audience(AUDIENCE)
        .client(AUDIENCE, CLIENT_SECRET)
        .add_client(front_end(FRONT_END, "/backchannel-logout"))
        .add_client(front_end(PAGE_FRONT_END, NOTICES))
        .start()
        .await?;
    Ok(Arc::new(server))
}

async fn router(server: &Arc<AuthorizationServer>) -> Result<Router, DemoError> {
    let realm = || {
        let realm = Realm::new(server.issuer())?.audience(AUDIENCE);
        Ok::<_, ConfigError>(realm.client_secret(AUDIENCE, CLIENT_SECRET))
    };
    let told = realm()?.logout_audiences([FRONT_END]).connect().await?;
    // Who asks first begins the count of what it is told; that shall be nobody's request.
    let _ = told.revocations().complete_since();
    Ok(api::router(&realm()?.connect().await?, &told, server)?)
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.api.abort();
    }
}
