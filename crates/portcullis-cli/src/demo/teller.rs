use reqwest::{Client, Method, Response};

use super::{DemoError, stage::Stage};

/// Whether a step makes the API ask the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nobody,
    Server,
}

/// One request, and what must come of it.
#[derive(Debug, Clone)]
pub(super) struct Step {
    method: Method,
    path: &'static str,
    token: Option<String>,
    asked: Asked,
    status: u16,
    /// The error that the challenge names.
    error: Option<&'static str>,
}

impl Step {
    pub(super) fn get(path: &'static str, asked: Asked) -> Self {
        Self::new(Method::GET, path, asked)
    }

    pub(super) fn post(path: &'static str, asked: Asked) -> Self {
        Self::new(Method::POST, path, asked)
    }

    pub(super) fn delete(path: &'static str, asked: Asked) -> Self {
        Self::new(Method::DELETE, path, asked)
    }

    fn new(method: Method, path: &'static str, asked: Asked) -> Self {
        Self {
            method,
            path,
            token: None,
            asked,
            status: 200,
            error: None,
        }
    }

    pub(super) fn bearing(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same request, which must end with this status and with no error in a challenge.
    pub(super) fn ends(&self, status: u16) -> Self {
        let mut step = self.clone();
        step.status = status;
        step.error = None;
        step
    }

    /// The same request, which must fail with this status and this error in its challenge.
    pub(super) fn fails(&self, status: u16, error: &'static str) -> Self {
        let mut step = self.ends(status);
        step.error = Some(error);
        step
    }

    /// What went otherwise than told.
    fn surprise(&self, status: u16, challenge: Option<&str>, asked: Asked) -> Option<String> {
        let needs_challenge = matches!(self.status, 401 | 403);
        if status != self.status {
            Some(format!("expected {}", self.status))
        } else if asked != self.asked {
            Some(format!("expected that {:?} is asked", self.asked))
        } else if challenge.is_some() != needs_challenge {
            Some("expected a challenge with 401 and 403 and with nothing else".to_owned())
        } else {
            let error = self.error.map(|error| format!("error=\"{error}\""));
            let challenge = challenge.unwrap_or_default();
            let is_named = match &error {
                Some(error) => challenge.contains(error),
                None => !challenge.contains("error="),
            };
            (!is_named).then(|| format!("expected {error:?} in the challenge"))
        }
    }
}

/// Makes the requests, says what came of them, and counts.
pub(super) struct Teller<'a> {
    stage: &'a Stage,
    client: Client,
    steps: usize,
    failed: usize,
}

impl<'a> Teller<'a> {
    pub(super) fn new(stage: &'a Stage) -> Result<Self, DemoError> {
        println!("authorization server  {}", stage.server.issuer());
        println!("protected API         {}", stage.url);
        Ok(Self {
            stage,
            client: Client::builder().no_proxy().build()?,
            steps: 0,
            failed: 0,
        })
    }

    #[expect(clippy::unused_self, reason = "it is the teller who speaks")]
    pub(super) fn scene(&self, what: &str) {
        println!("\n{what}");
    }

    /// Makes the request of a step and says what came of it.
    pub(super) async fn tell(&mut self, what: &str, step: &Step) -> Result<(), DemoError> {
        let calls = self.stage.introspection_calls();
        let response = self.send(step).await?;
        let asked = if self.stage.introspection_calls() == calls {
            Asked::Nobody
        } else {
            Asked::Server
        };
        let status = response.status();
        let challenge = response
            .headers()
            .get("www-authenticate")
            .and_then(|value| value.to_str().ok());
        let surprise = step.surprise(status.as_u16(), challenge, asked);
        let mark = if surprise.is_none() { "ok  " } else { "FAIL" };
        let (method, path) = (step.method.as_str(), step.path);
        println!("  {mark} {method:<6} {path:<14} {status}: {what}");
        if let Some(challenge) = challenge {
            println!("       {challenge}");
        }
        if let Some(surprise) = surprise {
            println!("       {surprise}");
            self.failed += 1;
        }
        self.steps += 1;
        Ok(())
    }

    async fn send(&self, step: &Step) -> Result<Response, DemoError> {
        let url = format!("{}{}", self.stage.url, step.path);
        let request = self.client.request(step.method.clone(), url);
        let request = match &step.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// Says how it went.
    pub(super) fn end(self) -> Result<(), DemoError> {
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
