use crate::{
    Reason, Rejection,
    claims::{Audience, RegisteredClaims},
};

/// What a JWT must look like to be an access token: other JWTs of the same issuer, signed with
/// the same keys, are not.
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
}

impl AccessTokenProfile {
    /// Judges the `typ` of the header (RFC 9068 §4, RFC 8725 §3.11).
    pub(super) fn judge_header(self, typ: Option<&str>) -> Result<(), Rejection> {
        let is_allowed = match (self, typ.map(media_type)) {
            (_, Some(typ)) if typ == "at+jwt" => true,
            (Self::Keycloak, None) => true,
            (Self::Keycloak, Some(typ)) => typ == "jwt",
            (Self::Rfc9068, _) => false,
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
                Self::Keycloak => "`typ` is that of another kind of token",
            },
        ))
    }

    /// Judges which claims there are. What they say is judged with everything else.
    pub(super) fn judge_claims(
        self,
        typ: Option<&str>,
        claims: &RegisteredClaims,
    ) -> Result<(), Rejection> {
        let names_itself = typ.is_some_and(|typ| media_type(typ) == "at+jwt");
        if claims.typ.is_none() && self == Self::Keycloak && !names_itself {
            return Err(Rejection::because(
                Reason::NotAnAccessToken,
                "neither the header's `typ` nor the payload's says that this is an access token",
            ));
        }
        let required: &[(&str, bool)] = match self {
            Self::Rfc9068 => &[
                ("iss", claims.iss.is_some()),
                ("exp", claims.exp.is_some()),
                ("aud", claims.aud != Audience::Absent),
                ("sub", claims.sub.is_some()),
                ("client_id", claims.client_id.is_some()),
                ("iat", claims.iat.is_some()),
                ("jti", claims.jti.is_some()),
            ],
            Self::Keycloak => &[("iss", claims.iss.is_some()), ("exp", claims.exp.is_some())],
        };
        match required.iter().find(|(_, is_there)| !is_there) {
            None => Ok(()),
            Some((name, _)) => Err(Rejection::because(
                Reason::MalformedClaims,
                format!("the claim `{name}` is missing"),
            )),
        }
    }
}

/// A `typ` without the prefix that may be left out (RFC 7515 §4.1.9), in lower case.
fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    match typ.strip_prefix("application/") {
        Some(short) if !short.contains('/') => short.to_owned(),
        _ => typ,
    }
}
