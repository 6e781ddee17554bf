//! The program as it is started: what it prints works.
#![cfg(test)]

use portcullis_testing::Program;
use reqwest::{Client, Method};

#[tokio::test]
async fn the_lines_that_it_prints_show_what_the_readme_says() {
    let mut program = Program::at(env!("CARGO_BIN_EXE_axum-quickstart"))
        .start()
        .unwrap();
    let token = program.line_after("TOKEN=").await.unwrap();
    let orders = program.line_after("curl -i ").await.unwrap();
    let url = orders.strip_suffix("/orders").unwrap();
    let http = Client::builder().no_proxy().build().unwrap();
    for (method, path, token, status) in [
        (Method::GET, "/orders", None, 401),
        (Method::GET, "/orders", Some(&token), 200),
        (Method::POST, "/payments", Some(&token), 200),
    ] {
        let mut request = http.request(method, format!("{url}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            status == 401
        );
    }
}
