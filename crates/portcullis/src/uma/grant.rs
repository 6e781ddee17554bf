//! The grant of UMA 2.0 as Keycloak has it for those who want no token: which permissions the bearer of
//! a token has.

use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    call::{Proof, Refusal, UmaError, UmaServer},
    protection_token::bearer,
    question::Question,
};
use crate::{AccessToken, discovery::Connection};

impl UmaServer {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";

    /// What the server grants the bearer of a token of what is asked for, perhaps of something else as
    /// well: a JSON array of permissions.
    pub(super) async fn permissions(
        &self,
        token: &AccessToken,
        question: &Question,
    ) -> Result<Box<RawValue>, UmaError> {
        let target = self.discovery.token_target(Connection::Plain).await?;
        let permission = question.to_string();
        let form = [
            ("grant_type", Self::GRANT),
            ("audience", self.client.client_id()),
            ("permission", &permission),
            ("response_mode", "permissions"),
        ];
        let proof = Proof::bearer(bearer(token)?);
        let answer = self.post_form(&target.endpoint, &form, proof).await?;
        if answer.status() == StatusCode::OK {
            return list(answer.body());
        }
        let refusal = Refusal::of(&answer, "token");
        if refusal.says_no() {
            return list(b"[]");
        }
        Err(if refusal.is_about_question() {
            UmaError::UnknownPermission(refusal)
        } else {
            UmaError::Refused(refusal)
        })
    }
}

/// What is in the elements is read with the permissions of tokens.
fn list(json: &[u8]) -> Result<Box<RawValue>, UmaError> {
    let malformed = |_| UmaError::Malformed("permissions are told as an array");
    let elements: Vec<&RawValue> = serde_json::from_slice(json).map_err(malformed)?;
    serde_json::value::to_raw_value(&elements).map_err(malformed)
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
