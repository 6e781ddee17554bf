use super::Remarks;
use crate::token::{Jwt, Remark};

/// Of a signature: nobody has looked whether it is good.
pub(super) fn of(jwt: &Jwt, remarks: &mut Remarks) {
    const SHORTEST_RSA: usize = 256;
    let algorithm = jwt.header.text("alg").unwrap_or_default();
    let length = jwt.signature.bytes.len();
    if length == 0 {
        if jwt.parts > 2 && algorithm != "none" {
            remarks.push(Remark::new("no_signature", "its signature is empty"));
        }
        return;
    }
    let is_rsa = algorithm.starts_with("RS") || algorithm.starts_with("PS");
    let is_cut = match signature_length(algorithm) {
        Some(expected) => length != expected,
        None => is_rsa && length < SHORTEST_RSA,
    };
    if is_cut {
        let what = format!(
            "its signature has {length} bytes, which no {algorithm} signature has: something may be cut off"
        );
        remarks.push(Remark::new("signature_length", what));
    }
}

/// How long signatures are, where that is fixed, in bytes (RFC 7518 §3.4, RFC 8037 §3.1).
fn signature_length(algorithm: &str) -> Option<usize> {
    Some(match algorithm {
        "HS256" => 32,
        "HS384" => 48,
        "HS512" | "ES256" | "EdDSA" | "Ed25519" => 64,
        "ES384" => 96,
        "ES512" => 132,
        _ => return None,
    })
}
