use serde::Serialize;
use serde_json::Value;

use super::{claims::Claims, kind::Kind, unusual};
use crate::{
    moment::Moment,
    terminal::visible_json,
    token::{Json, Jwt, Pasted, Remark, Token},
};

/// What there is to say of a token.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// `jwt`, `jwe` or `opaque`.
    pub(super) form: &'static str,
    /// Always: who wants a verdict asks the doctor.
    verified: bool,
    /// What it is by its own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<Kind>,
    /// How many letters it has.
    pub(super) length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_bytes: Option<usize>,
    pub(super) times: Vec<Time>,
    #[serde(flatten)]
    pub(super) claims: Option<Claims>,
    /// What a reader should know of, the way it was pasted included.
    pub(super) unusual: Vec<Remark>,
}

/// A claim that is a point in time.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    pub(super) claim: &'static str,
    #[serde(flatten)]
    pub(super) moment: Moment,
}

const TIMES: [&str; 4] = ["iat", "nbf", "exp", "auth_time"];

impl Report {
    /// The report at a moment, in seconds since the Unix epoch.
    pub(super) fn of(pasted: &Pasted, token: &Token, now: f64) -> Self {
        let mut report = Self {
            form: "opaque",
            verified: false,
            kind: None,
            length: pasted.token.len(),
            header: token.header().map(Value::from),
            payload: token.claims().map(Value::from),
            signature_bytes: None,
            times: Vec::new(),
            claims: None,
            unusual: pasted.remarks.clone(),
        };
        match token {
            Token::Jwt(jwt) => report.tell_jwt(jwt, now),
            Token::Encrypted(header) => {
                report.form = "jwe";
                report.unusual.extend(unusual::encrypted(header));
            }
            Token::Opaque(_) => {}
        }
        report
    }

    fn tell_jwt(&mut self, jwt: &Jwt, now: f64) {
        self.form = "jwt";
        let kind = Kind::of(jwt);
        self.kind = Some(kind);
        self.signature_bytes = Some(jwt.signature.bytes.len());
        self.times = jwt
            .payload
            .json
            .as_ref()
            .map_or_else(Vec::new, |json| times(json, now));
        self.unusual.extend(unusual::jwt(jwt, kind, now));
        match Claims::of(jwt) {
            Some(Ok(claims)) => self.claims = Some(claims),
            Some(Err(refusal)) => {
                let what = format!("a service would not take its payload: {refusal}");
                self.unusual.push(Remark::new("payload_refused", what));
            }
            None => {}
        }
    }

    /// The report as JSON, safe to be shown.
    pub(super) fn json(&self) -> Result<String, serde_json::Error> {
        let json = serde_json::to_string_pretty(self)?;
        Ok(visible_json(&json) + "\n")
    }
}

fn times(json: &Json, now: f64) -> Vec<Time> {
    let times = TIMES.into_iter();
    times
        .filter_map(|claim| {
            let moment = Moment::of(json.seconds(claim)?, now);
            Some(Time { claim, moment })
        })
        .collect()
}
