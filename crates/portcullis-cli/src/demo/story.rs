use std::time::{Duration, SystemTime};

use portcullis_testing::{AuthorizationServer, SigningAlgorithm};
use reqwest::{Client, Method};

use super::{DemoError, stage::Stage};

/// Plays the story over HTTP. Every step says beforehand what must come of it.
pub(super) async fn play(stage: &Stage) -> Result<(), DemoError> {
    let mut teller = Teller::new(stage);
    let token = stage.token_of_new_session();

    scene("ali logs in and gets a token");
    teller.get("/orders", Some(&token), 200, None).await?;
    teller.post("/payments", Some(&token), 200, None).await?;
    teller
        .get("/admin", Some(&token), 403, Some("insufficient_scope"))
        .await?;

    scene("ali's session is ended at the authorization server");
    teller.end_session(&token).await?;
    teller.get("/orders", Some(&token), 200, None).await?;
    say("verified locally: the signature is good until the token expires");
    teller
        .post("/payments", Some(&token), 401, Some("invalid_token"))
        .await?;
    say("asked live: the server says that the token is not active");
    teller
        .get("/orders", Some(&token), 401, Some("invalid_token"))
        .await?;
    say("what one route has learned the others know");

    scene("tokens that never were any good");
    for (what, token) in bad_tokens(&stage.server).await? {
        say(what);
        teller
            .get("/orders", Some(&token), 401, Some("invalid_token"))
            .await?;
    }
    say("no token at all");
    teller.get("/orders", None, 401, None).await?;
    teller.end()
}

/// What is wrong with each, and the token.
async fn bad_tokens(
    server: &AuthorizationServer,
) -> Result<[(&'static str, String); 3], DemoError> {
    let forger = AuthorizationServer::start().await?;
    let key = server.signing_key(SigningAlgorithm::RS256);
    let forgers_key = forger.signing_key(SigningAlgorithm::RS256);
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    Ok([
        (
            "forged: the right names, signed with another key",
            server
                .token()
                .signed_with(&forgers_key)
                .header("kid", key.key_id())
                .jwt(),
        ),
        (
            "expired an hour ago",
            server.token().expires_at(an_hour_ago).jwt(),
        ),
        (
            "for another audience",
            server.token().audience("another-api").jwt(),
        ),
    ])
}

fn scene(what: &str) {
    println!("\n{what}");
}

fn say(what: &str) {
    println!("    {what}");
}

/// Makes the requests, says what came of them, and counts.
struct Teller<'a> {
    stage: &'a Stage,
    client: Client,
    steps: usize,
    failed: usize,
}

impl<'a> Teller<'a> {
    fn new(stage: &'a Stage) -> Self {
        println!("authorization server  {}", stage.server.issuer());
        println!("protected API         {}", stage.url);
        Self {
            stage,
            client: Client::new(),
            steps: 0,
            failed: 0,
        }
    }

    async fn get(
        &mut self,
        path: &str,
        token: Option<&str>,
        status: u16,
        error: Option<&str>,
    ) -> Result<(), DemoError> {
        self.step(Method::GET, path, token, status, error).await
    }

    async fn post(
        &mut self,
        path: &str,
        token: Option<&str>,
        status: u16,
        error: Option<&str>,
    ) -> Result<(), DemoError> {
        self.step(Method::POST, path, token, status, error).await
    }

    async fn end_session(&mut self, token: &str) -> Result<(), DemoError> {
        self.step(Method::DELETE, "/session", Some(token), 204, None)
            .await
    }

    /// One request; it must end with this status and, in its challenge, with this error.
    async fn step(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        status: u16,
        error: Option<&str>,
    ) -> Result<(), DemoError> {
        let calls = self.stage.introspection_calls();
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.stage.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let got = response.status();
        let challenge = response
            .headers()
            .get("www-authenticate")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let calls = self.stage.introspection_calls() - calls;
        let asked = if calls == 0 {
            "nobody asked"
        } else {
            "server asked"
        };
        let names_error = match (error, &challenge) {
            (Some(error), Some(challenge)) => challenge.contains(&format!("error=\"{error}\"")),
            (Some(_), None) => false,
            (None, Some(challenge)) => !challenge.contains("error="),
            (None, None) => true,
        };
        let needs_challenge = matches!(status, 401 | 403);
        let is_as_told = got == status && names_error && challenge.is_some() == needs_challenge;
        let mark = if is_as_told { "ok  " } else { "FAIL" };
        println!(
            "  {mark} {:<6} {path:<10} {got}  ({asked})",
            method.as_str()
        );
        if let Some(challenge) = challenge {
            println!("         {challenge}");
        }
        if !is_as_told {
            println!("         expected {status} with error {error:?}");
            self.failed += 1;
        }
        self.steps += 1;
        Ok(())
    }

    fn end(self) -> Result<(), DemoError> {
        let Self { steps, failed, .. } = self;
        println!("\n{} of {steps} steps went as told", steps - failed);
        if failed == 0 {
            return Ok(());
        }
        Err(DemoError::Story {
            failed,
            total: steps,
        })
    }
}
