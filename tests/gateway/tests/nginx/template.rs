//! The template `examples/gateway-nginx`, as it stands there.

use std::{fs, path::PathBuf};

use portcullis_gateway_suite::{Gateway, Nginx, Reply, SuiteError, Wire};
use portcullis_real_servers::{free_port, workspace};
use portcullis_testing::AuthorizationServer;

use crate::world::can_run;

/// The realm that the template names.
const REALM: &str = "http://127.0.0.1:8080/realms/shop";

fn template() -> PathBuf {
    workspace().join("examples/gateway-nginx")
}

fn settings(issuer: &str) -> String {
    let text = fs::read_to_string(template().join("gateway.toml")).unwrap();
    assert!(text.contains(REALM));
    text.replace(REALM, issuer)
}

#[tokio::test]
async fn the_template_guards_what_its_readme_says() {
    if !can_run() {
        return;
    }
    let server = AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", "gateway-secret")
        .start()
        .await
        .unwrap();
    let gateway = Gateway::serve(&settings(server.issuer())).await.unwrap();
    let service = free_port().unwrap();
    let addresses = [
        ("127.0.0.1:9180", gateway.port()),
        ("127.0.0.1:3000", service),
    ];
    let nginx = Nginx::start_template(&template(), &addresses)
        .await
        .unwrap();
    let token = |roles: &[&str]| {
        let token = server.token().subject("alice").client("shop-web");
        format!("Bearer {}", token.realm_roles(roles.to_vec()).jwt())
    };
    let (clerk, admin) = (token(&["clerk"]), token(&["admin"]));
    let wire = Wire::to(nginx.port());
    let spoofed = ("X-Auth-Roles", "admin");
    let send = async |line: &str, token: Option<&str>| -> Result<Reply, SuiteError> {
        let own = token.map(|token| ("Authorization", token));
        let headers: Vec<_> = own.into_iter().chain([spoofed]).collect();
        wire.send(line, &headers).await
    };
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
        let reply = send(line, token).await.unwrap();
        assert_eq!(reply.status, status, "{line}: {reply:?}");
    }
    let reply = send("GET /orders/1", Some(&clerk)).await.unwrap();
    assert_eq!(
        reply.body,
        "subject: alice, client: shop-web, roles: clerk, token: \n"
    );
    let reply = send("GET /public/x", Some(&clerk)).await.unwrap();
    assert_eq!(reply.body, "subject: , client: , roles: , token: \n");
}

#[tokio::test]
async fn the_parts_in_the_template_are_what_is_printed() {
    let text = settings(REALM);
    let gateway = Gateway::serve(&text).await.unwrap();
    for part in ["http", "server", "location"] {
        let own = format!("127.0.0.1:{}", gateway.port());
        let printed = gateway
            .nginx_part(part)
            .await
            .unwrap()
            .replace(&own, "127.0.0.1:9180");
        let file = template().join(format!("portcullis/{part}.conf"));
        let written = fs::read_to_string(&file).unwrap();
        assert_eq!(written, printed, "print {} again", file.display());
    }
}
