//! Permission tickets (UMA 2.0 Federated Authorization §4).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{
    call::{Proof, Refusal, UmaError, UmaServer},
    protection_token::ProtectionTokens,
};
use crate::RequirePermission;

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

impl UmaServer {
    /// The longest ticket that goes into a header.
    const LONGEST_TICKET: usize = 6 * 1024;

    /// A ticket for a permission. A protection token that is refused is had anew, once.
    pub(super) async fn ticket(
        &self,
        requirement: &RequirePermission,
        tokens: &ProtectionTokens,
    ) -> Result<String, UmaError> {
        let token = tokens.current(self, None).await?;
        let mut answer = self.request_permission(requirement, token.clone()).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            let newer = tokens.current(self, Some(&token)).await?;
            answer = self.request_permission(requirement, newer.clone()).await?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                tokens.give_up(self, &newer).await;
            }
        }
        if !matches!(answer.status(), StatusCode::CREATED | StatusCode::OK) {
            return Err(UmaError::Refused(Refusal::of(&answer, "permission")));
        }
        let Ticket { ticket } = serde_json::from_slice(answer.body())
            .map_err(|_| UmaError::Malformed("the permission endpoint gave no ticket"))?;
        let is_printable = ticket.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if ticket.is_empty() || !is_printable || ticket.len() > Self::LONGEST_TICKET {
            return Err(UmaError::Malformed("the ticket cannot stand in a header"));
        }
        Ok(ticket)
    }

    async fn request_permission(
        &self,
        requirement: &RequirePermission,
        token: HeaderValue,
    ) -> Result<Response<Bytes>, UmaError> {
        let endpoint = self.discovery.permission_endpoint().await?;
        let scopes: Vec<_> = requirement.scopes().collect();
        let body = json!([{ "resource_id": requirement.resource(), "resource_scopes": scopes }]);
        let body = Bytes::from(body.to_string());
        let proof = Proof::bearer(token);
        self.post(&endpoint, "application/json", body, proof).await
    }
}
