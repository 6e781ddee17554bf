//! What proxies tell of a client's certificate: `Client-Cert` (RFC 9440 §2.2, a byte sequence of RFC
//! 8941 §3.3.5), and `X-Forwarded-Client-Cert` of Envoy.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderValue;
use portcullis::{Authenticator, CertificateSource};

use crate::{
    Outcome,
    service::{self, token_claims, token_header},
    signer::{Signer, sha256},
};

/// What stands for a certificate: nobody looks into it.
const CERTIFICATE: &[u8] = b"not a certificate";

struct World {
    token: String,
    client_cert: Arc<Authenticator>,
    forwarded: Arc<Authenticator>,
}

/// Lets in a bound token with this in one header or the other, or not.
pub fn run(data: &[u8]) -> Outcome {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return Outcome::Refused;
    };
    let world = world();
    let is_let_in = |authenticator, name| {
        let mut request = service::request(&world.token);
        request.headers_mut().insert(name, value.clone());
        service::verdict(authenticator, &request).is_ok()
    };
    let by_client_cert = is_let_in(&world.client_cert, "client-cert");
    assert_eq!(by_client_cert, is_byte_sequence(data));
    let by_forwarded = is_let_in(&world.forwarded, "x-forwarded-client-cert");
    assert_eq!(by_forwarded, is_forwarded(data));
    Outcome::accepted_if(by_client_cert || by_forwarded)
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let by = |source| {
            let authenticator = Authenticator::clone(service::authenticator());
            Arc::new(authenticator.client_certificate(source))
        };
        let thumbprint = sha256(CERTIFICATE);
        let claims = token_claims(&format!(r#","cnf":{{"x5t#S256":"{thumbprint}"}}"#));
        World {
            token: Signer::issuer().sign(token_header(), claims),
            client_cert: by(CertificateSource::client_cert_header(|_| true)),
            forwarded: by(CertificateSource::forwarded_client_cert_header(|_| true)),
        }
    })
}

/// Whether it is the one spelling of the certificate between colons.
fn is_byte_sequence(data: &[u8]) -> bool {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut spelled = vec![b':'];
    for group in CERTIFICATE.chunks(3) {
        let mut bits = 0_usize;
        for at in 0..3 {
            bits = bits << 8 | usize::from(group.get(at).copied().unwrap_or_default());
        }
        for at in 0..4 {
            let letter = ALPHABET.get(bits >> (18 - 6 * at) & 63).copied();
            spelled.push(letter.filter(|_| at <= group.len()).unwrap_or(b'='));
        }
    }
    spelled.push(b':');
    data.trim_ascii() == spelled
}

/// Whether it is one element with one `Hash`, and that is the certificate's.
fn is_forwarded(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let mut pairs = vec![String::new()];
    let (mut is_quoted, mut characters) = (false, text.chars());
    while let Some(character) = characters.next() {
        let last = pairs.last_mut().unwrap();
        match character {
            ',' if !is_quoted => return false,
            ';' if !is_quoted => pairs.push(String::new()),
            '\\' if is_quoted => {
                last.push('\\');
                last.extend(characters.next());
            }
            '"' => {
                is_quoted = !is_quoted;
                last.push('"');
            }
            other => last.push(other),
        }
    }
    let hashes: Vec<&str> = pairs
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("hash"))
        .map(|(_, value)| value.trim().trim_matches('"'))
        .collect();
    let is_whole = !is_quoted && pairs.iter().all(|pair| pair.contains('='));
    let digits: String = digest(&SHA256, CERTIFICATE)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    is_whole && hashes.len() == 1 && hashes.iter().all(|hash| hash.eq_ignore_ascii_case(&digits))
}
