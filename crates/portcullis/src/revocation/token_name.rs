use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::verify::Shape;

/// Under which name a token without a `jti` is kept, the same at every instance: a digest of its
/// issuer and of what it says. A JWT is named without its signature, since an ECDSA signature can
/// be turned into another good one by anybody.
pub(crate) fn fingerprint(issuer: &str, token: &str) -> Box<str> {
    let said = match Shape::of(token) {
        Shape::Jwt => token.rsplit_once('.').map_or(token, |(said, _)| said),
        Shape::Encrypted | Shape::Opaque => token,
    };
    let mut context = Context::new(&SHA256);
    for part in ["portcullis token name", issuer, said] {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = URL_SAFE_NO_PAD.encode(context.finish());
    format!("sha-256:{digest}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_keeps_its_name_whatever_its_signature() {
        let jwt = |signature| format!("eyJhbGciOiJFUzI1NiJ9.e30.{signature}");
        let name = |token: &str| fingerprint("https://id.example.com", token);
        assert_eq!(name(&jwt("one")), name(&jwt("other")));
        assert_ne!(name("opaque.one"), name("opaque.other"));
        assert_ne!(name("token"), fingerprint("https://other.example", "token"));
    }
}
