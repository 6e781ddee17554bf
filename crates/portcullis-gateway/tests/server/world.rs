use std::net::SocketAddr;

use portcullis_gateway::{Server, StartError};
use portcullis_testing::AuthorizationServer;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::folder::Folder;

/// A server that runs, and the authorization server behind it.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) folder: Folder,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) management: Option<SocketAddr>,
    pub(crate) notices: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

impl World {
    pub(crate) async fn start(listen: &str, tables: &str) -> Self {
        Self::try_start(listen, tables, Folder::new())
            .await
            .unwrap()
    }

    /// `{folder}` in the texts is the test's folder.
    pub(crate) async fn try_start(
        listen: &str,
        tables: &str,
        folder: Folder,
    ) -> Result<Self, StartError> {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .start()
            .await
            .unwrap();
        let secret = folder.write("secret", "orders-secret\n");
        let text = format!(
            r#"
[forward_auth]
gateway = "nginx"
{listen}
[management]
listen = "127.0.0.1:0"
[issuer]
url = "{}"
kind = "keycloak"
audience = ["orders-api"]
client_id = "orders-api"
client_secret_file = "{}"
{tables}"#,
            server.issuer(),
            secret.display(),
        );
        let text = text.replace("{folder}", &folder.path.display().to_string());
        let file = folder.write("gateway.toml", &text);
        let bound = Server::bind(file).await?;
        // A test has no time for those who look now and then whether it is ready.
        let bound = bound.linger(folder.linger);
        let (stop, stopped) = oneshot::channel();
        let mut world = Self {
            server,
            folder,
            address: bound.address(),
            management: bound.management_address(),
            notices: bound.notice_address(),
            stop: Some(stop),
            running: None,
        };
        let stopped = async { drop(stopped.await) };
        let running = bound.run(stopped, std::future::pending, || "numbers 1\n".to_owned());
        world.running = Some(tokio::spawn(running));
        Ok(world)
    }

    /// A question about `GET /` in these further headers.
    pub(crate) fn question(headers: &str) -> String {
        format!(
            "GET / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nX-Original-Method: GET\r\nX-Original-URI: /\r\n{headers}\r\n"
        )
    }

    pub(crate) async fn send(&self, text: &str) -> String {
        exchange(
            TcpStream::connect(self.address.unwrap()).await.unwrap(),
            text,
        )
        .await
    }

    pub(crate) async fn manage(&self, path: &str) -> String {
        let text = format!("GET {path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n");
        exchange(
            TcpStream::connect(self.management.unwrap()).await.unwrap(),
            &text,
        )
        .await
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn ended(&mut self) {
        self.running.take().unwrap().await.unwrap();
    }
}

pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    text: &str,
) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // Whoever has said all may close roughly.
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8_lossy(&reply).into_owned()
}

#[track_caller]
pub(crate) fn assert_status(reply: &str, status: u16) {
    assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
}
