//! Proofs of possession (RFC 9449 §4). An input that begins with `{` is the header of a proof, a line
//! break and what it says, and is really signed; any other is the proof itself.

use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Request, header};
use portcullis::{Authenticator, Dpop};

use crate::{
    Outcome,
    json::Json,
    reading::numeric_date,
    service::{self, NOW, token_claims, token_header},
    signer::{Signer, sha256},
};

const PLACE: &str = "https://api.example/orders";

/// Lets in a bound token with this proof, or not.
pub fn run(data: &[u8]) -> Outcome {
    let said = said(data);
    let proof = match said {
        Some((header, claims)) => Signer::client().sign(header, claims).into_bytes(),
        None => data.to_vec(),
    };
    let Ok(proof) = HeaderValue::from_bytes(&proof) else {
        return Outcome::Refused;
    };
    let mut request = Request::get("/orders").body(()).unwrap();
    let bound = HeaderValue::from_str(&format!("DPoP {}", token())).unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bound);
    request.headers_mut().insert("dpop", proof);
    let verdict = service::verdict(&authenticator(), &request);
    if verdict.is_ok() {
        let (header, claims) = said.unwrap();
        assert!(is_clients(header), "{:?}", Json::read(header));
        assert!(is_for_request(claims), "{:?}", Json::read(claims));
    }
    Outcome::accepted_if(verdict.is_ok())
}

fn said(data: &[u8]) -> Option<(&[u8], &[u8])> {
    if !data.starts_with(b"{") {
        return None;
    }
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let (header, claims) = data.split_at_checked(end)?;
    Some((header, claims.get(1..)?))
}

/// A token that is bound to the client's key.
fn token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let jkt = Signer::client().thumbprint();
        let claims = token_claims(&format!(r#","cnf":{{"jkt":"{jkt}"}}"#));
        Signer::issuer().sign(token_header(), claims)
    })
}

/// One that has seen no proof yet, so that each input is judged by itself.
fn authenticator() -> Arc<Authenticator> {
    let authenticator = Authenticator::clone(service::authenticator());
    Arc::new(authenticator.dpop(Dpop::at("https://api.example").unwrap()))
}

fn is_clients(header: &[u8]) -> bool {
    let header = Json::read_object(header).unwrap();
    let text = |name| header.get(name).and_then(Json::text);
    let jwk = header.get("jwk").unwrap();
    let of_key = |name| jwk.get(name).and_then(Json::text);
    let typ = text("typ").unwrap_or_default().to_ascii_lowercase();
    let is_private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
        .into_iter()
        .any(|name| jwk.get(name).is_some());
    typ.strip_prefix("application/").unwrap_or(&typ) == "dpop+jwt"
        && matches!(text("alg"), Some("EdDSA" | "Ed25519"))
        && header.get("crit").is_none()
        && of_key("kty") == Some("OKP")
        && of_key("crv") == Some("Ed25519")
        && of_key("x") == Some(&Signer::client().x())
        && !is_private
}

fn is_for_request(claims: &[u8]) -> bool {
    let claims = Json::read_object(claims).unwrap();
    let text = |name| claims.get(name).and_then(Json::text);
    let (now, window) = (NOW as f64, 60.0);
    let iat = claims.get("iat").and_then(numeric_date);
    let is_here = |htu: &str| {
        url::Url::parse(htu).is_ok_and(|mut place| {
            place.set_query(None);
            place.set_fragment(None);
            decoded(place.as_str()) == PLACE
        })
    };
    text("htm") == Some("GET")
        && text("htu").is_some_and(is_here)
        && text("ath") == Some(&sha256(token().as_bytes()))
        && text("jti").is_some_and(|jti| (1..=256).contains(&jti.len()))
        && iat.is_some_and(|iat| (now - window..=now + window).contains(&iat))
}

/// An address without escapes of what needs none.
fn decoded(address: &str) -> String {
    let mut plain = String::new();
    let mut rest = address;
    while let Some((before, escaped)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = escaped
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.map(char::from) {
            Some(unreserved)
                if unreserved.is_ascii_alphanumeric() || "-._~".contains(unreserved) =>
            {
                plain.push(unreserved);
                rest = escaped.get(2..).unwrap_or_default();
            }
            _ => {
                plain.push('%');
                rest = escaped;
            }
        }
    }
    plain + rest
}
