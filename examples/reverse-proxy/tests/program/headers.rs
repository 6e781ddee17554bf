//! What the service behind is told, and what the client hears of it.

use crate::world::{World, sent, told};

#[tokio::test]
async fn the_service_behind_is_told_whose_request_it_is() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session
        .token()
        .scope("orders:read profile")
        .realm_roles(["admin", "two words"]);
    let token = token.client("shop-web").jwt();
    let request = world.request("GET", "/orders//%41;v=1?a=b%20c&d", &token);
    let told = told(request).await;
    assert_eq!(told["target"], "/orders//%41;v=1?a=b%20c&d");
    for (name, value) in [
        ("x-auth-issuer", world.server.issuer()),
        ("x-auth-subject", "ali"),
        ("x-auth-client", "shop-web"),
        ("x-auth-scope", "orders:read profile"),
        ("x-auth-roles", "admin two%20words"),
        ("x-forwarded-for", "127.0.0.1"),
        (
            "x-forwarded-host",
            world.gateway.strip_prefix("http://").unwrap(),
        ),
    ] {
        assert_eq!(sent(&told, name), [value], "{name}");
    }
    // The token itself stays here.
    assert!(!told.to_string().contains(&token));
    assert!(sent(&told, "authorization").is_empty());
}

#[tokio::test]
async fn what_the_client_says_of_itself_does_not_come_through() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let mut request = world.request("GET", "/orders", &token);
    for (name, value) in [
        ("X-Auth-Subject", "admin"),
        ("X-Auth-Subject", "root"),
        ("X_Auth_Subject", "admin"),
        ("x_auth-subject", "admin"),
        ("X-Auth_Tenant", "acme"),
        ("X-Auth-Tenant", "acme"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("X_Forwarded_For", "10.0.0.1"),
        ("X-Forwarded-User", "admin"),
        ("Forwarded", "for=10.0.0.1"),
        ("Remote_User", "admin"),
        ("X.Auth.Subject", "admin"),
        ("X+Auth+Roles", "admin"),
        ("X-Forwarded-Proto", "https"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X_HTTP_Method", "DELETE"),
        ("X.Method.Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite_URL", "/admin"),
        ("Proxy", "http://127.0.0.1:1"),
        ("X_SSL_Client_Cert", "cert"),
        ("Client-Cert", ":cert:"),
        // The client would have the next one take off what the gateway writes.
        ("Connection", "x-auth-subject, X-Auth-Roles, x-asked"),
        ("X-Asked", "1"),
        ("Proxy-Connection", "keep-alive"),
        ("X-Kept", "2"),
    ] {
        request = request.header(name, value);
    }
    let told = told(request).await;
    assert_eq!(sent(&told, "x-auth-subject"), ["ali"]);
    assert_eq!(sent(&told, "x-auth-roles"), ["user"]);
    assert_eq!(sent(&told, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(sent(&told, "x-forwarded-proto"), ["http"]);
    assert_eq!(sent(&told, "x-kept"), ["2"]);
    for line in told["headers"].as_array().unwrap() {
        let name = line[0].as_str().unwrap();
        assert!(!name.contains(['_', '.', '+']), "{name}");
        for part in [
            "tenant",
            "override",
            "http-method",
            "original",
            "rewrite",
            "cert",
        ] {
            assert!(!name.contains(part), "{name}");
        }
        let others = [
            "forwarded",
            "x-asked",
            "connection",
            "x-forwarded-user",
            "proxy-connection",
            "proxy",
        ];
        assert!(!others.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn the_answer_comes_back_without_what_is_of_the_connection() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let answer = world.request("GET", "/", &token).send().await.unwrap();
    assert_eq!(answer.headers()["x-own"], "2");
    assert!(!answer.headers().contains_key("x-hop"));
    let ready = world.http.get(format!("{}/readyz", world.management));
    assert_eq!(ready.send().await.unwrap().status(), 200);
}
