//! The grant of UMA 2.0 in Keycloak's decision mode: whether the bearer of a token has a permission.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::value::RawValue;

use super::{
    call::{Proof, Refusal, UmaError, UmaServer},
    decision::Question,
    protection_token::bearer,
};
use crate::{AccessToken, claims::Members, discovery::Connection, http_client::excerpt};

impl UmaServer {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";

    /// Whether the bearer of a token has a permission, by the server's word.
    pub(super) async fn decision(
        &self,
        token: &AccessToken,
        question: &Question,
    ) -> Result<bool, UmaError> {
        let target = self.discovery.token_target(Connection::Plain).await?;
        let permission = question.to_string();
        let form = [
            ("grant_type", Self::GRANT),
            ("audience", self.client.client_id()),
            ("permission", &permission),
            ("response_mode", "decision"),
        ];
        let proof = Proof::bearer(bearer(token)?);
        let answer = self.post_form(&target.endpoint, &form, proof).await?;
        if answer.status() == StatusCode::OK {
            return result(&answer);
        }
        let refusal = Refusal::of(&answer, "token");
        if refusal.says_no() {
            return Ok(false);
        }
        if refusal.is_about_question() {
            let (issuer, permission) = (&self.discovery.issuer, excerpt(&permission));
            tracing::warn!(
                target: "portcullis::uma",
                %issuer,
                "the server knows no such permission, so nobody has it: {permission:?}: {refusal}"
            );
            return Ok(false);
        }
        Err(UmaError::Refused(refusal))
    }
}

fn result(answer: &Response<Bytes>) -> Result<bool, UmaError> {
    let malformed = || UmaError::Malformed("a decision is an object with a boolean `result`");
    let body = std::str::from_utf8(answer.body()).map_err(|_| malformed())?;
    let members = Members::parse(body).map_err(|_| malformed())?;
    let result = members.get("result").map(RawValue::get);
    match result {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(malformed()),
    }
}

impl Refusal {
    /// The bearer does not have the permission.
    fn says_no(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
            && matches!(
                self.error.as_str(),
                "access_denied" | "request_denied" | "request_submitted" | "need_info"
            )
            && !self.says_that_realm_is_off()
    }

    /// There is no such resource, or no such scope of it.
    fn is_about_question(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
            && matches!(
                self.error.as_str(),
                "invalid_resource" | "invalid_resource_id" | "invalid_scope"
            )
    }

    /// The token is good no longer. Keycloak says so with status 400, as RFC 6749 §5.2 has it for grants.
    pub(super) fn is_about_token(&self) -> bool {
        matches!(
            self.status,
            StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST
        ) && matches!(self.error.as_str(), "invalid_grant" | "invalid_token")
    }

    pub(super) fn says_that_realm_is_off(&self) -> bool {
        self.error == "access_denied" && self.description.contains("not enabled")
    }
}
