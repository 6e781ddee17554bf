use std::sync::{Arc, Mutex};

use portcullis::{
    Credentials, Expectations, Freshness, Reason, Rejection, TokenFacts, TokenVerifier,
    Verification,
};

/// A verifier that notes what is presented to it, and either vouches for everything or refuses
/// everything. Clones share their notes.
#[derive(Debug, Clone)]
pub struct ListeningVerifier {
    heard: Arc<Mutex<Vec<String>>>,
    answer: Result<Arc<str>, Rejection>,
}

impl ListeningVerifier {
    /// Vouches for every token, with these claims.
    #[must_use]
    pub fn vouching(claims: &serde_json::Value) -> Self {
        Self::answering(Ok(claims.to_string().into()))
    }

    /// Refuses every token.
    #[must_use]
    pub fn refusing(rejection: Rejection) -> Self {
        Self::answering(Err(rejection))
    }

    fn answering(answer: Result<Arc<str>, Rejection>) -> Self {
        Self {
            heard: Arc::default(),
            answer,
        }
    }

    /// The tokens that came this far, in their order.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl TokenVerifier for ListeningVerifier {
    fn verify(&self, credentials: &Credentials, _: Freshness) -> Verification {
        let token = credentials.token.as_str().to_owned();
        self.heard.lock().unwrap().push(token);
        let expectations = Arc::new(Expectations::danger_any_audience());
        Verification::now(self.answer.clone().and_then(|claims| {
            TokenFacts::from_json(&*claims, &expectations)
                .map(Arc::new)
                .map_err(|error| Rejection::because(Reason::Internal, error.to_string()))
        }))
    }

    fn can_ask(&self) -> bool {
        false
    }
}
