//! The template `examples/gateway-nginx`, by the one command that starts it.

use std::{fs, process::Command, time::Duration};

use portcullis_gateway_suite::{Reply, SuiteError, Template, Wire, until};
use portcullis_testing::AuthorizationServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::world::can_run;

const LIMIT: Duration = Duration::from_secs(30);

struct Scene {
    server: AuthorizationServer,
    template: Template,
}

impl Scene {
    /// With a service at this port, or with the template's own; `None`, said aloud, where there is no nginx.
    async fn start(service: Option<u16>) -> Option<Self> {
        if !can_run() {
            return None;
        }
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "orders-secret")
            .start()
            .await
            .unwrap();
        let template = Template::start(server.issuer(), service).await.unwrap();
        Some(Self { server, template })
    }

    fn token(&self, role: &str) -> String {
        let token = self.server.token().subject("alice").client("shop-web");
        format!("Bearer {}", token.realm_roles([role]).jwt())
    }

    /// A request that also claims to be somebody.
    async fn send(&self, line: &str, token: Option<&str>) -> Reply {
        self.send_with(line, token, "").await.unwrap()
    }

    async fn send_with(
        &self,
        line: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<Reply, SuiteError> {
        let own = token.map(|token| ("Authorization", token));
        let headers: Vec<_> = own.into_iter().chain([("X-Auth-Roles", "admin")]).collect();
        let wire = Wire::to(self.template.port());
        wire.send_with(line, &headers, body).await
    }

    async fn is_refused_a_connection(&self) -> bool {
        let port = self.template.port();
        TcpStream::connect(("127.0.0.1", port)).await.is_err()
    }
}

#[tokio::test]
async fn the_template_guards_what_its_readme_says() {
    let Some(scene) = Scene::start(None).await else {
        return;
    };
    let (clerk, admin) = (scene.token("clerk"), scene.token("admin"));
    for (line, token, status) in [
        ("GET /public/x", None, 200),
        ("GET /orders/1", Some(&*clerk), 200),
        ("GET /orders/1", None, 401),
        ("POST /orders/1", Some(&*clerk), 403),
        ("POST /payments", Some(&*clerk), 200),
        ("POST /payments", None, 401),
        ("GET /admin/users", Some(&*admin), 200),
        ("GET /admin/users", Some(&*clerk), 403),
        ("GET /public/../admin", Some(&*admin), 403),
        ("GET /", Some(&*admin), 403),
    ] {
        let reply = scene.send(line, token).await;
        assert_eq!(reply.status, status, "{line}: {reply:?}");
    }
    let reply = scene.send("GET /orders/1", Some(&clerk)).await;
    assert_eq!(
        reply.body,
        "subject: alice, client: shop-web, roles: clerk, token: \n"
    );
    let reply = scene.send("GET /public/x", Some(&clerk)).await;
    assert_eq!(reply.body, "subject: , client: , roles: , token: \n");
    // More than nginx keeps in memory: its workers write it into the folder.
    let body = "a line of an order\n".repeat(10_000);
    let reply = scene.send_with("POST /payments", Some(&clerk), &body).await;
    assert_eq!(reply.unwrap().status, 200);
}

#[tokio::test]
async fn rules_that_change_count_without_a_restart() {
    let Some(scene) = Scene::start(None).await else {
        return;
    };
    assert_eq!(scene.send("GET /new", None).await.status, 403);
    let settings = scene.template.settings();
    let text = fs::read_to_string(&settings).unwrap();
    let rule = "\n[[rules]]\npath = \"/new\"\npublic = true\n";
    fs::write(&settings, text + rule).unwrap();
    let counts = until("the new rule", LIMIT, async || {
        let reply = scene.send_with("GET /new", None, "").await?;
        Ok((reply.status == 200).then_some(()))
    });
    counts.await.unwrap();
    let management = Wire::to(scene.template.management_port());
    let metrics = management.send("GET /metrics", &[]).await.unwrap();
    assert!(metrics.body.contains("portcullis_gateway_"), "{metrics:?}");
}

#[tokio::test]
async fn whoever_waits_when_it_is_told_to_stop_is_answered_and_then_everything_ends() {
    assert_answered_by(|template| template.signal("TERM")).await;
}

/// Ctrl-C goes to everybody in the group of the terminal.
#[tokio::test]
async fn whoever_waits_at_a_ctrl_c_is_answered_and_then_everything_ends() {
    assert_answered_by(|template| template.signal_group("INT")).await;
}

#[tokio::test]
async fn whoever_waits_when_the_terminal_goes_is_answered_and_then_everything_ends() {
    assert_answered_by(|template| template.signal_group("HUP")).await;
}

async fn assert_answered_by(stop: impl FnOnce(&Template) -> Result<(), SuiteError>) {
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = service.local_addr().unwrap().port();
    let Some(mut scene) = Scene::start(Some(port)).await else {
        return;
    };
    let waiting = scene.send("GET /public/slow", None);
    let stopping = async {
        let (mut asked, _) = service.accept().await.unwrap();
        let mut begun = [0; 1];
        asked.read_exact(&mut begun).await.unwrap();
        stop(&scene.template).unwrap();
        let closed = until("nobody else is let in", LIMIT, async || {
            Ok(scene.is_refused_a_connection().await.then_some(()))
        });
        closed.await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate";
        asked.write_all(answer).await.unwrap();
    };
    let (reply, ()) = tokio::join!(waiting, stopping);
    assert_eq!((reply.status, &*reply.body), (200, "late"));
    let ended = scene.template.ended().await.unwrap();
    assert!(ended.success(), "{}", scene.template.said().unwrap());
    assert_eq!(scene.template.nginx_folder().unwrap(), None);
}

#[tokio::test]
async fn it_ends_when_nginx_does_and_says_so() {
    let Some(mut scene) = Scene::start(None).await else {
        return;
    };
    let folder = scene.template.nginx_folder().unwrap().unwrap();
    let process = fs::read_to_string(folder.join("nginx.pid")).unwrap();
    let killed = Command::new("kill")
        .args(["-TERM", process.trim()])
        .status();
    assert!(killed.unwrap().success());
    let ended = scene.template.ended().await.unwrap();
    let said = scene.template.said().unwrap();
    assert!(!ended.success(), "{said}");
    assert!(said.contains("error: nginx has ended"), "{said}");
    assert!(scene.is_refused_a_connection().await);
}
