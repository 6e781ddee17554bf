//! What a reader of a token should know of.

mod claims;
mod header;
mod signature;
mod spelling;

use super::kind::Kind;
use crate::token::{Json, Jwt, Part, Remark};

type Remarks = Vec<Remark>;

/// Of a JWT, at a moment in seconds since the Unix epoch.
pub(super) fn jwt(jwt: &Jwt, kind: Kind, now: f64) -> Remarks {
    let mut remarks = Remarks::new();
    spelling::of(jwt, &mut remarks);
    header::of(&jwt.header, &mut remarks);
    signature::of(jwt, &mut remarks);
    of_kind(kind, &mut remarks);
    if let Some(json) = &jwt.payload.json {
        repeated(json, &mut remarks);
        claims::of(json, now, &mut remarks);
    }
    remarks
}

/// Of the header of an encrypted token.
pub(super) fn encrypted(header: &Part) -> Remarks {
    let mut remarks = Remarks::new();
    let what = "it is encrypted: only whom it is for can read it, and a service can only ask the server about it (`opaque_jwe()`)";
    remarks.push(Remark::new("encrypted", what));
    if header
        .text("cty")
        .is_some_and(|cty| cty.eq_ignore_ascii_case("JWT"))
    {
        let what = "there is a signed token within it (`cty`)";
        remarks.push(Remark::new("nested", what));
    }
    if header.has("zip") {
        let what = "what it encrypts was compressed before (`zip`)";
        remarks.push(Remark::new("compressed", what));
    }
    remarks
}

fn of_kind(kind: Kind, remarks: &mut Remarks) {
    let what = match kind {
        Kind::AccessToken => return,
        Kind::Unsaid => {
            "it does not say that it is an access token; which ones are taken all the same is the `AccessTokenProfile`"
        }
        Kind::IdToken => {
            "it is an ID token: it tells the client who has logged in, and no service takes it"
        }
        Kind::RefreshToken => {
            "it is a refresh token: it is for the authorization server alone, and no service takes it"
        }
        Kind::LogoutToken => "it is a logout token: it goes to the back-channel logout URL",
        Kind::SecurityEvent => "it is a security event: it goes to the receiver of those",
        Kind::DpopProof => "it is a DPoP proof: it goes into the `DPoP` header, beside a token",
        Kind::IntrospectionAnswer => "it is an answer about a token, and no token",
    };
    remarks.push(Remark::new("kind", what));
}

fn repeated(json: &Json, remarks: &mut Remarks) {
    for name in json.repeated_names() {
        let what = format!(
            "`{name}` stands in it twice, so readers may differ in what it says; it is refused"
        );
        remarks.push(Remark::new("repeated_member", what));
    }
}
