use super::Thumbprint;
use crate::{Credentials, Reason, Rejection, Scheme, TokenFacts, claims::RegisteredClaims};

/// What a request proved to hold, judged where it entered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Possession {
    /// The key that a proof was signed with.
    pub(crate) key: Option<Thumbprint>,
    /// The certificate of the connection.
    pub(crate) certificate: Option<Thumbprint>,
}

impl Possession {
    pub(crate) fn is_empty(&self) -> bool {
        self.key.is_none() && self.certificate.is_none()
    }
}

/// Holds what a statement says of the token's binding against what the request proved.
pub(crate) fn judge_binding(
    claims: &RegisteredClaims,
    credentials: &Credentials,
) -> Result<(), Rejection> {
    let unproven = |diagnosis| Err(Rejection::because(Reason::SenderConstrained, diagnosis));
    let confirmation = claims.cnf.as_ref();
    let names_key = confirmation.is_some_and(|confirmation| confirmation.key.is_some());
    if !names_key && is_of_dpop(claims) {
        return unproven(
            "the token's kind is `DPoP`, and it does not say to which key it is bound",
        );
    }
    let Some(confirmation) = confirmation else {
        return Ok(());
    };
    let possession = credentials.possession();
    if !confirmation.is_understood {
        return unproven("the token is bound (`cnf`) in a way that is not understood");
    }
    if confirmation.key.is_some() && confirmation.key != possession.key {
        return unproven(match possession.key {
            Some(_) => {
                "the token is bound to another key (`cnf.jkt`) than the one that the DPoP proof is signed with"
            }
            None => {
                "the token is bound to a key (`cnf.jkt`), and no DPoP proof came with it under the scheme `DPoP`; say `.dpop(..)` on the layer if none is judged there"
            }
        });
    }
    if confirmation.certificate.is_some() && confirmation.certificate != possession.certificate {
        return unproven(match possession.certificate {
            Some(_) => {
                "the token is bound to another certificate (`cnf.x5t#S256`) than the one of the connection"
            }
            None => {
                "the token is bound to a certificate (`cnf.x5t#S256`), and none is known of the connection; see `.client_certificate(..)` on the layer"
            }
        });
    }
    Ok(())
}

/// Whether a statement may be refused for what a request did not prove.
pub(crate) fn asks_for_proof(claims: &RegisteredClaims) -> bool {
    claims.cnf.is_some() || is_of_dpop(claims)
}

/// Under the scheme `DPoP` a token has to be bound to a key: one that is not would be good for
/// whoever has it, whatever proof he brings.
pub(crate) fn judge_scheme(facts: &TokenFacts, scheme: Scheme) -> Result<(), Rejection> {
    let is_bound =
        |claims: &RegisteredClaims| claims.cnf.as_ref().is_some_and(|cnf| cnf.key.is_some());
    let mut statements = facts.statements().map(TokenFacts::registered);
    if scheme != Scheme::Dpop || statements.any(is_bound) {
        return Ok(());
    }
    Err(Rejection::because(
        Reason::SenderConstrained,
        "the token came under the scheme `DPoP` and is bound to no key (`cnf.jkt`)",
    ))
}

/// Whether it calls its token one of the scheme `DPoP`.
fn is_of_dpop(claims: &RegisteredClaims) -> bool {
    let kinds = [claims.typ.as_deref(), claims.token_type.as_deref()];
    kinds
        .into_iter()
        .flatten()
        .any(|kind| kind.eq_ignore_ascii_case("DPoP"))
}
