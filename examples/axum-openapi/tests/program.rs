//! The program as it is started: what its document says is what it does.
#![cfg(test)]

use portcullis_testing::{AuthorizationServer, Program};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

struct World {
    server: AuthorizationServer,
    program: Program,
    api: String,
    http: Client,
    document: Value,
}

/// One operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    says: &'a Value,
}

impl World {
    async fn start() -> Self {
        Self::with_secret("secret").await
    }

    /// The program believes that this is its client's secret.
    async fn with_secret(secret: &str) -> Self {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .start()
            .await
            .unwrap();
        let mut program = Program::at(env!("CARGO_BIN_EXE_axum-openapi"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", secret)
            .env("LISTEN", "127.0.0.1:0")
            .env("LINGER_SECONDS", "0")
            .start()
            .unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let document = http
            .get(format!("{api}/openapi.json"))
            .send()
            .await
            .unwrap();
        Self {
            server,
            program,
            api,
            http,
            document: serde_json::from_str(&document.text().await.unwrap()).unwrap(),
        }
    }

    fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.document["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(|(method, says)| Operation { method, path, says })
        })
    }

    /// Those that want a token.
    fn protected(&self) -> impl Iterator<Item = Operation<'_>> {
        self.operations()
            .filter(|operation| !operation.says["security"].is_null())
    }

    /// A request as the document has it, with its examples.
    fn request(&self, operation: &Operation<'_>) -> RequestBuilder {
        let mut path = operation.path.to_owned();
        for parameter in operation.says["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = parameter["name"].as_str().unwrap();
            path = path.replace(&format!("{{{name}}}"), &parameter["example"].to_string());
        }
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.api));
        match &operation.says["requestBody"]["content"]["application/json"]["example"] {
            Value::Null => request,
            example => request
                .header("content-type", "application/json")
                .body(example.to_string()),
        }
    }

    /// Holds an answer against what the document says of that status.
    async fn hold(&self, operation: &Operation<'_>, status: u16, answer: Response) {
        let Operation { method, path, says } = operation;
        assert_eq!(answer.status(), status, "{method} {path}");
        let said = &says["responses"][status.to_string()];
        assert!(!said.is_null(), "{method} {path} says nothing of {status}");
        let said = match said["$ref"].as_str() {
            None => said,
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
        };
        for name in said["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            assert!(
                answer.headers().contains_key(name),
                "{method} {path} {status}: {name}"
            );
        }
        let Some(content) = said["content"].as_object() else {
            return;
        };
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            content.contains_key(&kind),
            "{method} {path} {status}: {kind}"
        );
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let mut schema = &content[&kind]["schema"];
        let mut body = &body;
        if schema["type"] == "array" {
            (schema, body) = (&schema["items"], &body[0]);
        }
        let schema = schema["$ref"].as_str().unwrap();
        let schema = self.document.pointer(&schema[1..]).unwrap();
        for member in schema["required"].as_array().unwrap() {
            assert!(
                !body[member.as_str().unwrap()].is_null(),
                "{member}: {body}"
            );
        }
    }
}

/// What the document says that a token must have.
fn scopes(operation: &Operation<'_>) -> Option<String> {
    let scopes = operation.says["security"][0]["access_token"].as_array()?;
    let scopes = scopes.iter().map(|scope| scope.as_str().unwrap());
    Some(scopes.collect::<Vec<_>>().join(" ")).filter(|scopes| !scopes.is_empty())
}

#[tokio::test]
async fn each_operation_answers_as_the_document_says() {
    let world = World::start().await;
    for operation in world.operations() {
        let scope = scopes(&operation).unwrap_or_default();
        let token = world.server.login("ali").token().scope(scope).jwt();
        let answer = world
            .request(&operation)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        world.hold(&operation, 200, answer).await;
    }
    let paths: Vec<_> = world.operations().map(|operation| operation.path).collect();
    assert_eq!(
        paths,
        ["/healthz", "/me", "/orders", "/orders/{id}", "/payments"]
    );
}

#[tokio::test]
async fn what_the_document_leaves_open_is_open_and_nothing_else() {
    let world = World::start().await;
    for operation in world.operations() {
        let answer = world.request(&operation).send().await.unwrap();
        let status = if operation.says["security"].is_null() {
            200
        } else {
            401
        };
        world.hold(&operation, status, answer).await;
    }
    assert_eq!(world.protected().count(), 4);
}

#[tokio::test]
async fn tokens_are_refused_as_the_document_says() {
    let world = World::start().await;
    let expired = world.server.token().claim("exp", 1).jwt();
    for operation in world.protected() {
        let answer = world.request(&operation).bearer_auth(&expired);
        world
            .hold(&operation, 401, answer.send().await.unwrap())
            .await;
        let answer = world.request(&operation).header("authorization", "Bearer");
        world
            .hold(&operation, 400, answer.send().await.unwrap())
            .await;
        // Where no scope is needed it is the handler that cannot do with every token.
        let token = match scopes(&operation) {
            Some(_) => world.server.token().scope("profile"),
            None => world.server.token().without_claim("sub"),
        };
        let answer = world.request(&operation).bearer_auth(token.jwt());
        world
            .hold(&operation, 403, answer.send().await.unwrap())
            .await;
    }
}

#[tokio::test]
async fn each_scope_of_the_document_is_needed() {
    let world = World::start().await;
    let all = ["orders:read", "payments:write"];
    for operation in world.protected() {
        for granted in all {
            let token = world.server.token().scope(granted).jwt();
            let answer = world
                .request(&operation)
                .bearer_auth(token)
                .send()
                .await
                .unwrap();
            let needed = scopes(&operation);
            let status = if needed.is_none_or(|needed| needed == granted) {
                200
            } else {
                403
            };
            assert_eq!(answer.status(), status, "{} with {granted}", operation.path);
        }
    }
}

#[tokio::test]
async fn an_outage_is_what_the_document_says() {
    let world = World::start().await;
    let token = world
        .server
        .token()
        .scope("orders:read payments:write")
        .jwt();
    world.server.stop().await.unwrap();
    for operation in world.protected() {
        let answer = world.request(&operation).bearer_auth(&token);
        world
            .hold(&operation, 503, answer.send().await.unwrap())
            .await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_what_the_document_says() {
    let world = World::start().await;
    for operation in world.protected() {
        let send = || {
            let long = world.request(&operation).body("x".repeat(64 * 1024 + 1));
            long.send()
        };
        // The service answers while the client still writes, and closes: the answer may be lost with what
        // was not read (RFC 9112 §9.6).
        let mut answer = send().await;
        for _ in 0..20 {
            if answer.is_ok() {
                break;
            }
            answer = send().await;
        }
        world.hold(&operation, 413, answer.unwrap()).await;
    }
}

#[tokio::test]
async fn a_service_that_is_misconfigured_says_so_as_the_document_does() {
    let world = World::with_secret("wrong").await;
    let token = world
        .server
        .token()
        .scope("orders:read payments:write")
        .jwt();
    let mut live = 0;
    for operation in world.protected() {
        let answer = world.request(&operation).bearer_auth(&token);
        let answer = answer.send().await.unwrap();
        if answer.status() == 200 {
            continue;
        }
        live += 1;
        world.hold(&operation, 500, answer).await;
    }
    assert_eq!(live, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_ready_once_it_has_keys_and_stops_when_it_is_asked_to() {
    let world = World::start().await;
    let readiness = async || {
        let answer = world.http.get(format!("{}/readyz", world.api));
        answer.send().await.unwrap().status()
    };
    assert_eq!(readiness().await, 503);
    let token = world.server.token().jwt();
    let me = world.http.get(format!("{}/me", world.api));
    me.bearer_auth(token).send().await.unwrap();
    assert_eq!(readiness().await, 200);
    world.program.terminate().unwrap();
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn live_operations_say_so_and_are() {
    let world = World::start().await;
    let mut live = Vec::new();
    for operation in world.protected() {
        let scope = scopes(&operation).unwrap_or_default();
        let session = world.server.login("ali");
        let token = session.token().scope(scope).jwt();
        session.end();
        let answer = world.request(&operation).bearer_auth(&token);
        let status = answer.send().await.unwrap().status();
        let says = operation.says["description"].as_str().unwrap_or_default();
        if says.contains("is active") {
            live.push(operation.path);
            assert_eq!(status, 401, "{}", operation.path);
        } else {
            assert_eq!(status, 200, "{}", operation.path);
        }
    }
    assert_eq!(live, ["/payments"]);
}

#[tokio::test]
async fn the_scheme_leads_to_the_authorization_server() {
    let world = World::start().await;
    let scheme = &world.document["components"]["securitySchemes"]["access_token"];
    assert_eq!(scheme["type"], "openIdConnect");
    let discovery = scheme["openIdConnectUrl"].as_str().unwrap();
    assert_eq!(
        world.http.get(discovery).send().await.unwrap().status(),
        200
    );
}
