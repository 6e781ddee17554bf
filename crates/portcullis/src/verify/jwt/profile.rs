use crate::{
    Reason, Rejection,
    claims::{Audience, ClaimsSet, RegisteredClaims},
};

/// What a JWT must look like to be an access token: other JWTs of the same issuer, signed with
/// the same keys, are not. Answers about tokens are told apart by what they say of their kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AccessTokenProfile {
    /// RFC 9068: `typ` is `at+jwt`; `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and `jti` are
    /// all there.
    #[default]
    Rfc9068,
    /// Keycloak's: `typ` may also be `JWT` or absent, and then the payload's own `typ` must be
    /// `Bearer`. `iss` and `exp` are there; a lightweight token has no `sub`.
    Keycloak,
    /// Spring Authorization Server's: `typ` may also be absent, and then there is nothing that
    /// its ID tokens have: no `azp`, `nonce`, `at_hash`, `c_hash`, `auth_time` or `sid`. `iss`,
    /// `exp`, `aud`, `sub`, `iat` and `jti` are there. Scopes are an array, see
    /// [`spring_scope_array`](crate::IssuerBuilder::spring_scope_array). An answer about one has
    /// `token_type`: the server calls its ID tokens and refresh tokens active too, and says that of
    /// access tokens alone.
    Spring,
    /// Ory Hydra's: `typ` may also be `JWT`. Everything that RFC 9068 wants is there, `client_id`
    /// included, which its ID tokens lack, and nothing that those have: no `nonce`, `at_hash`,
    /// `c_hash`, `auth_time` or `sid`. Scopes are in `scp`, see
    /// [`hydra_scp_array`](crate::IssuerBuilder::hydra_scp_array).
    Hydra,
    /// dex's, and that of others that say as little (canaille, the zitadel library): `typ` may
    /// also be `JWT` or absent; `iss` and `exp` are there. **Nothing tells an ID token of the
    /// same audience from an access token**: whoever receives a user's ID token can then use it
    /// here. Give the service an audience that no ID token has.
    DangerDex,
}

/// What only an ID token has (OpenID Connect Core 1.0 §2, §3.3.2.11).
const OF_ID_TOKENS: [&str; 5] = ["nonce", "at_hash", "c_hash", "auth_time", "sid"];

impl AccessTokenProfile {
    /// What every answer about an access token has, where the others lack it.
    pub(crate) fn members_of_answers(self) -> &'static [&'static str] {
        match self {
            Self::Spring => &["token_type"],
            Self::Rfc9068 | Self::Keycloak | Self::Hydra | Self::DangerDex => &[],
        }
    }

    /// Judges the `typ` of the header (RFC 9068 §4, RFC 8725 §3.11).
    pub(super) fn judge_header(self, typ: Option<&str>) -> Result<(), Rejection> {
        let is_allowed = match typ {
            None => matches!(self, Self::Keycloak | Self::Spring | Self::DangerDex),
            Some(typ) if is_media_type(typ, "at+jwt") => true,
            Some(typ) if is_media_type(typ, "jwt") => {
                matches!(self, Self::Keycloak | Self::Hydra | Self::DangerDex)
            }
            Some(_) => false,
        };
        if is_allowed {
            return Ok(());
        }
        Err(Rejection::because(
            Reason::NotAnAccessToken,
            match self {
                Self::Rfc9068 => {
                    "`typ` is not `at+jwt`; if the server never says so, choose another `AccessTokenProfile`"
                }
                Self::Keycloak | Self::Spring | Self::Hydra | Self::DangerDex => {
                    "`typ` is that of another kind of token"
                }
            },
        ))
    }

    /// Judges which claims there are. What they say is judged with everything else.
    /// `other` is what [`of_another_kind`](Self::of_another_kind) says of them.
    pub(super) fn judge_claims(
        self,
        typ: Option<&str>,
        claims: &RegisteredClaims,
        other: Option<&str>,
    ) -> Result<(), Rejection> {
        let names_itself = names_itself(typ);
        if claims.typ.is_none() && self == Self::Keycloak && !names_itself {
            return Err(Rejection::because(
                Reason::NotAnAccessToken,
                "neither the header's `typ` nor the payload's says that this is an access token",
            ));
        }
        if let Some(name) = other {
            return Err(Rejection::because(
                Reason::NotAnAccessToken,
                format!(
                    "the header does not say what it is, and by its `{name}` it is an ID token"
                ),
            ));
        }
        let required: &[(&str, bool)] = match self {
            Self::Rfc9068 | Self::Hydra => &[
                ("iss", claims.iss.is_some()),
                ("exp", claims.exp.is_some()),
                ("aud", claims.aud != Audience::Absent),
                ("sub", claims.sub.is_some()),
                ("client_id", claims.client_id.is_some()),
                ("iat", claims.iat.is_some()),
                ("jti", claims.jti.is_some()),
            ],
            Self::Spring => &[
                ("iss", claims.iss.is_some()),
                ("exp", claims.exp.is_some()),
                ("aud", claims.aud != Audience::Absent),
                ("sub", claims.sub.is_some()),
                ("iat", claims.iat.is_some()),
                ("jti", claims.jti.is_some()),
            ],
            Self::Keycloak | Self::DangerDex => {
                &[("iss", claims.iss.is_some()), ("exp", claims.exp.is_some())]
            }
        };
        match required.iter().find(|(_, is_there)| !is_there) {
            None => Ok(()),
            Some((name, _)) => Err(Rejection::because(
                Reason::MalformedClaims,
                format!("the claim `{name}` is missing"),
            )),
        }
    }

    /// By which claim a token that does not name itself is one of another kind.
    pub(super) fn of_another_kind(
        self,
        typ: Option<&str>,
        set: &ClaimsSet<'_>,
    ) -> Option<&'static str> {
        let others: &[&str] = match self {
            Self::Spring => &["azp"],
            Self::Hydra => &[],
            Self::Rfc9068 | Self::Keycloak | Self::DangerDex => return None,
        };
        let mut telling = others.iter().chain(&OF_ID_TOKENS);
        let telling = telling.find(|name| set.has(name)).copied();
        telling.filter(|_| !names_itself(typ))
    }
}

/// Whether a token's header says that it is an access token (RFC 9068 §2.1).
fn names_itself(typ: Option<&str>) -> bool {
    typ.is_some_and(|typ| is_media_type(typ, "at+jwt"))
}

/// Whether a `typ` is this media type, given without the prefix that may be left out (RFC 7515 §4.1.9).
fn is_media_type(typ: &str, short: &str) -> bool {
    const PREFIX: &str = "application/";
    let written = match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    };
    written.eq_ignore_ascii_case(short)
}
