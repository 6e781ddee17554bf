use std::net::SocketAddr;

use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, HeaderValue, HeaderValueOption},
    service::auth::v3::{
        AttributeContext, CheckRequest, DeniedHttpResponse, OkHttpResponse,
        attribute_context::{HttpRequest, Peer, Request},
        authorization_client::AuthorizationClient,
        check_response::HttpResponse,
    },
};
use portcullis_gateway::{Server, StartError};
use portcullis_testing::{AuthorizationServer, Client, TokenBuilder};
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};

use crate::folder::Folder;

/// A server that answers Envoy, and the authorization server behind it.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) folder: Folder,
    pub(crate) address: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

pub(crate) const LOCAL: &str = "listen = \"127.0.0.1:0\"";

impl World {
    pub(crate) async fn start(listen: &str, tables: &str) -> Self {
        let started = Self::try_start(listen, tables, Folder::new()).await;
        started.unwrap()
    }

    /// `{folder}` in the texts is the test's folder.
    pub(crate) async fn try_start(
        listen: &str,
        tables: &str,
        folder: Folder,
    ) -> Result<Self, StartError> {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .add_client(Client::new("gateway", "hush").jwt_in_introspection())
            .start()
            .await
            .unwrap();
        let secret = folder.write("secret", "hush\n");
        let text = format!(
            r#"
[forward_auth]
gateway = "envoy"
{listen}
[issuer]
url = "{}"
kind = "keycloak"
audience = ["orders-api"]
client_id = "gateway"
client_secret_file = "{}"
phantom_token = true
{tables}"#,
            server.issuer(),
            secret.display(),
        );
        let text = text.replace("{folder}", &folder.path.display().to_string());
        let bound = Server::bind(folder.write("gateway.toml", &text)).await?;
        // A test has no time for those who look now and then whether it is ready.
        let bound = bound.linger(folder.linger);
        let (stop, stopped) = oneshot::channel();
        let mut world = Self {
            server,
            folder,
            address: bound.address(),
            stop: Some(stop),
            running: None,
        };
        let stopped = async { drop(stopped.await) };
        let running = bound.run(stopped, std::future::pending, String::new);
        world.running = Some(tokio::spawn(running));
        Ok(world)
    }

    pub(crate) fn token(&self) -> TokenBuilder {
        self.server.token().subject("alice").client("shop-web")
    }

    pub(crate) async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.address.unwrap());
        Endpoint::try_from(address)
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// The answer to a question about a request (`GET /`) with these header lines.
    pub(crate) async fn ask(&self, request: &str, headers: &[(&str, &str)]) -> Answer {
        self.check(question(request, headers)).await
    }

    pub(crate) async fn ask_as(&self, request: &str, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.ask(request, &[("authorization", &authorization)])
            .await
    }

    pub(crate) async fn check(&self, question: CheckRequest) -> Answer {
        check(self.channel().await, question).await
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn ended(&mut self) {
        self.running.take().unwrap().await.unwrap();
    }
}

pub(crate) async fn check(channel: Channel, question: CheckRequest) -> Answer {
    let answer = AuthorizationClient::new(channel)
        .check(question)
        .await
        .unwrap();
    let answer = answer.into_inner();
    let code = answer.status.unwrap().code;
    match answer.http_response.unwrap() {
        HttpResponse::OkResponse(allowed) => {
            assert_eq!(code, 0);
            Answer::Allowed(allowed)
        }
        HttpResponse::DeniedResponse(denied) => {
            assert_ne!(code, 0, "Envoy would let it in");
            Answer::Denied(denied)
        }
        other => panic!("{other:?}"),
    }
}

/// As Envoy asks that encodes headers raw.
pub(crate) fn question(request: &str, headers: &[(&str, &str)]) -> CheckRequest {
    let (method, path) = request.split_once(' ').unwrap();
    let line = |(name, value): &(&str, &str)| HeaderValue {
        key: (*name).to_owned(),
        value: String::new(),
        raw_value: value.as_bytes().to_vec(),
    };
    let http = HttpRequest {
        id: "7".to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        host: "api.example".to_owned(),
        scheme: "https".to_owned(),
        protocol: "HTTP/2".to_owned(),
        size: -1,
        header_map: Some(HeaderMap {
            headers: headers.iter().map(line).collect(),
        }),
        ..HttpRequest::default()
    };
    about(http, Peer::default())
}

/// The same question about a request to this host.
pub(crate) fn to_host(mut question: CheckRequest, host: &str) -> CheckRequest {
    let attributes = question.attributes.as_mut().unwrap();
    let request = attributes.request.as_mut().unwrap();
    request.http.as_mut().unwrap().host = host.to_owned();
    question
}

pub(crate) fn about(http: HttpRequest, source: Peer) -> CheckRequest {
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(source),
            request: Some(Request {
                time: None,
                http: Some(http),
            }),
            ..AttributeContext::default()
        }),
    }
}

/// What Envoy gets.
#[derive(Debug)]
pub(crate) enum Answer {
    Allowed(OkHttpResponse),
    Denied(DeniedHttpResponse),
}

impl Answer {
    #[track_caller]
    pub(crate) fn allowed(self) -> OkHttpResponse {
        match self {
            Self::Allowed(allowed) => allowed,
            Self::Denied(denied) => panic!("{denied:?}"),
        }
    }

    /// Whom it denies.
    #[track_caller]
    pub(crate) fn denied(self, status: i32) -> DeniedHttpResponse {
        match self {
            Self::Denied(denied) => {
                assert_eq!(denied.status.as_ref().unwrap().code, status, "{denied:?}");
                denied
            }
            Self::Allowed(allowed) => panic!("{allowed:?}"),
        }
    }
}

/// The values that a header is overwritten with or gets.
pub(crate) fn values<'a>(headers: &'a [HeaderValueOption], name: &str) -> Vec<&'a str> {
    let headers = headers.iter().filter_map(|option| option.header.as_ref());
    headers
        .filter(|header| header.key == name)
        .map(|header| header.value.as_str())
        .collect()
}
