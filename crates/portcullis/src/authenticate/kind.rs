use crate::{Reason, Rejection, claims::RegisteredClaims};

/// Which kind of token the service is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TokenKind {
    #[default]
    Access,
    /// Refresh and offline tokens, and no access token.
    Refresh,
}

impl TokenKind {
    /// The `token_type_hint` that goes with it, where no other is configured (RFC 7662 §2.1).
    pub(crate) fn hint(self) -> Option<&'static str> {
        match self {
            Self::Access => None,
            Self::Refresh => Some("refresh_token"),
        }
    }

    /// Judges what a token says of its kind: servers do so in `typ`, `token_type` or `token_use`.
    /// What tells of events is no token at all, and may lack all three: old logout tokens do.
    pub(super) fn judge(self, claims: &RegisteredClaims) -> Result<(), Rejection> {
        if claims.tells_of_events {
            return Err(Rejection::because(
                Reason::NotAnAccessToken,
                "by its `events` this is a logout token or another security event",
            ));
        }
        match self {
            Self::Access => judge_access(claims),
            Self::Refresh => judge_refresh(claims),
        }
    }
}

/// A refresh token or an ID token may be active and well signed; it is no access token.
fn judge_access(claims: &RegisteredClaims) -> Result<(), Rejection> {
    for (name, is_other) in [
        ("typ", is_other(claims.typ.as_deref(), &PRESENTED)),
        (
            "token_type",
            is_other(claims.token_type.as_deref(), &PRESENTED),
        ),
        (
            "token_use",
            is_other(claims.token_use.as_deref(), &["access_token"]),
        ),
    ] {
        if is_other {
            return Err(Rejection::because(
                Reason::NotAnAccessToken,
                format!("by its `{name}` this is an ID token, a refresh token or another kind"),
            ));
        }
    }
    Ok(())
}

/// How an access token is presented.
const PRESENTED: [&str; 2] = ["Bearer", "DPoP"];

/// How servers call a refresh token: Keycloak by its own names, whatever the member.
const REFRESHING: [&str; 3] = ["refresh_token", "Refresh", "Offline"];

/// A refresh token says that it is one. Hydra calls its own `Bearer` beside that.
fn judge_refresh(claims: &RegisteredClaims) -> Result<(), Rejection> {
    let (typ, token_use) = (claims.typ.as_deref(), claims.token_use.as_deref());
    let token_type = claims.token_type.as_deref();
    let is_named = [typ, token_use, token_type]
        .into_iter()
        .any(|kind| is_one(kind, &REFRESHING));
    let is_other = is_other(typ, &REFRESHING)
        || is_other(token_use, &REFRESHING)
        || (is_other(token_type, &REFRESHING) && is_other(token_type, &PRESENTED));
    if is_named && !is_other {
        return Ok(());
    }
    Err(Rejection::because(
        Reason::UnsupportedToken,
        "this service is shown refresh tokens (`refresh_tokens()`), and the server does not say that this is one by `typ`, `token_type` or `token_use`",
    ))
}

fn is_one(kind: Option<&str>, own: &[&str]) -> bool {
    kind.is_some_and(|kind| own.iter().any(|own| own.eq_ignore_ascii_case(kind)))
}

fn is_other(kind: Option<&str>, own: &[&str]) -> bool {
    kind.is_some() && !is_one(kind, own)
}
