use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::SigningKey;

/// Base64url without padding, as JOSE has it.
#[must_use]
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind base64url without padding.
#[must_use]
pub fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The three parts of a compact JWS.
#[must_use]
pub fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

/// A compact JWS over two parts exactly as they are spelled, so that nothing but their spelling
/// can be what is refused.
#[must_use]
pub fn signed_as_spelled(key: &SigningKey, header: &str, payload: &str) -> String {
    let message = format!("{header}.{payload}");
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", base64url(signature))
}

/// The token with other bytes as its signature.
#[must_use]
pub fn with_signature(token: &str, signature: impl AsRef<[u8]>) -> String {
    let [header, payload, _] = parts(token);
    format!("{header}.{payload}.{}", base64url(signature))
}

/// The token with the signature that `sign` makes over its first two parts.
#[must_use]
pub fn resigned(token: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let [header, payload, _] = parts(token);
    let signature = sign(format!("{header}.{payload}").as_bytes());
    with_signature(token, signature)
}
