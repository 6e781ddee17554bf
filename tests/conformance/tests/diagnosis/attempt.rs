//! A request that is good, and then breaks the rules it is told to break.

use portcullis::Rule;
use portcullis_conformance::{T0, base64url, from_base64url, parts, with_signature};
use portcullis_testing::{DpopProofBuilder, Session, SigningAlgorithm, TokenBuilder};
use serde_json::{Map, Value, json};

/// Which statement about the token is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The JWT's own.
    Jwt,
    /// What the server says of an opaque token.
    Opaque,
}

/// What is sent, before it is spelled out.
pub(crate) struct Attempt {
    pub(crate) form: Form,
    pub(crate) session: Session,
    pub(crate) token: TokenBuilder,
    /// What the server says of the token, where that is not what its claims say.
    pub(crate) answer: Map<String, Value>,
    pub(crate) proof: DpopProofBuilder,
    broken: Vec<Rule>,
}

impl Attempt {
    pub(crate) fn good(
        form: Form,
        session: Session,
        token: TokenBuilder,
        proof: DpopProofBuilder,
    ) -> Self {
        Self {
            form,
            session,
            token,
            answer: Map::new(),
            proof,
            broken: Vec::new(),
        }
    }

    /// Whether it breaks the rule.
    pub(crate) fn breaks(&self, rule: Rule) -> bool {
        self.broken.contains(&rule)
    }

    /// The same, breaking one more rule.
    pub(crate) fn breaking(mut self, rule: Rule) -> Self {
        self.broken.push(rule);
        match rule {
            Rule::Proof => self.proof(|proof| proof.claim("htm", "DELETE")),
            Rule::Header => self.token(|token| token.header("crit", json!(["exp"]))),
            Rule::Algorithm => self.token(|token| token.algorithm(SigningAlgorithm::ES256)),
            Rule::Kind if self.form == Form::Jwt => {
                self.token(|token| token.header("typ", "logout+jwt"));
            }
            Rule::Kind => self.says("token_use", json!("refresh_token")),
            Rule::Claims => self.says("sub", json!(["of", "the", "wrong", "type"])),
            Rule::Issuer => self.says("iss", json!("https://id.example.com/realms/other")),
            Rule::Party => self.says("azp", json!("another-client")),
            Rule::Audience => self.says("aud", json!("billing-api")),
            Rule::Time => self.says("exp", json!(T0 - 3600)),
            Rule::Binding => self.says("cnf", json!({"jkt": base64url([7; 32])})),
            Rule::Key => self.token(|token| token.header("kid", "nobodys-key")),
            Rule::Active => self.says("active", json!(false)),
            Rule::Status => {
                let elsewhere = json!({"idx": 0, "uri": "https://elsewhere.example/list"});
                self.says("status", json!({"status_list": elsewhere}));
            }
            Rule::Requirements => self.says("scope", json!("profile")),
            // Broken where the token is spelled out, or the request sent.
            Rule::Credentials | Rule::Shape | Rule::Signature | Rule::Revocation | Rule::Replay => {
            }
            rule => panic!("nothing breaks {rule:?}"),
        }
        self
    }

    /// The token as it is sent.
    pub(crate) fn spelled(&self) -> String {
        let answers = self
            .token
            .clone()
            .introspects_as(self.answer.clone().into());
        let mut token = match self.form {
            Form::Jwt => answers.jwt(),
            Form::Opaque => answers.opaque(),
        };
        if self.breaks(Rule::Signature) {
            let mut signature = from_base64url(parts(&token)[2]);
            signature[0] ^= 1;
            token = with_signature(&token, signature);
        }
        match (self.breaks(Rule::Shape), self.form) {
            (false, _) => token,
            (true, Form::Jwt) => format!("{token}.a.b"),
            (true, Form::Opaque) => format!("{}.a.b.c.d", base64url(r#"{"alg":"dir"}"#)),
        }
    }

    fn token(&mut self, change: impl FnOnce(TokenBuilder) -> TokenBuilder) {
        self.token = change(self.token.clone());
    }

    fn proof(&mut self, change: impl FnOnce(DpopProofBuilder) -> DpopProofBuilder) {
        self.proof = change(self.proof.clone());
    }

    /// Lets the statement that is broken say this.
    fn says(&mut self, name: &str, value: Value) {
        match self.form {
            Form::Jwt => self.token(|token| token.claim(name, value)),
            Form::Opaque => {
                self.answer.insert(name.to_owned(), value);
            }
        }
    }
}
