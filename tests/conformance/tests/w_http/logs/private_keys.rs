//! What must not be found of a private key, in whichever form it was given.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use portcullis_testing::SigningKey;

use super::secrets::Secrets;

/// The private members of a JWK (RFC 7518 §6, RFC 8037 §2).
const PRIVATE_MEMBERS: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

impl Secrets {
    /// A key that signs: as PEM, as a JWK, and its private numbers.
    pub(super) fn signing_key(&mut self, key: &SigningKey) {
        self.pem(&key.private_key_pem());
        let jwk = key.private_jwk();
        self.add(&jwk.to_string());
        let numbers = PRIVATE_MEMBERS
            .iter()
            .filter_map(|name| jwk.get(name)?.as_str());
        for number in numbers {
            self.add(number);
        }
    }

    /// A private key in PEM: the text, its body, each line of it, and the bytes behind it.
    pub(super) fn pem(&mut self, pem: &str) {
        self.add(pem);
        let lines: Vec<_> = pem
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('-'))
            .collect();
        for line in &lines {
            self.add(line);
        }
        let body = lines.concat();
        self.add(&body);
        self.bytes(&STANDARD.decode(&body).unwrap());
    }

    /// Bytes as they look when they are printed as numbers.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for printed in [format!("{bytes:?}"), format!("{bytes:02x?}")] {
            self.add(printed.trim_matches(['[', ']']));
        }
        self.add(
            &bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        );
    }
}
