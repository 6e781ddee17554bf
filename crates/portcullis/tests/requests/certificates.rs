//! The certificate that a proxy hands on in a header: what counts as one.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::HeaderValue;
use portcullis::{AuthenticateLayer, CertificateSource};
use serde_json::json;
use tower::{Layer, service_fn};

use crate::support::{Scripted, greet, request, send};

/// The SHA-256 of `hello`.
const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Whether a token that is bound to this certificate is let in with this value of the header.
async fn is_let_in(
    source: CertificateSource,
    header: &'static str,
    value: &str,
    certificate: &[u8],
) -> bool {
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
    let claims = json!({ "sub": "ali", "cnf": { "x5t#S256": thumbprint } });
    let layer = AuthenticateLayer::new(Scripted::new(claims)).client_certificate(source);
    let mut request = request(Some("good"));
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().insert(header, value);
    let seen = send(layer.layer(service_fn(greet)), request).await;
    assert!(seen.status == 200 || seen.status == 401, "{seen:?}");
    seen.status == 200
}

async fn is_forwarded(value: &str) -> bool {
    let source = CertificateSource::forwarded_client_cert_header(|_| true);
    is_let_in(source, "x-forwarded-client-cert", value, b"hello").await
}

async fn is_client_cert(certificate: &[u8]) -> bool {
    let source = CertificateSource::client_cert_header(|_| true);
    let value = format!(":{}:", STANDARD.encode(certificate));
    is_let_in(source, "client-cert", &value, certificate).await
}

#[tokio::test]
async fn a_quote_within_quotes_is_escaped_and_nothing_outside_of_them() {
    for good in [
        format!(r#"Hash={HASH};Subject="CN=\"a;Hash=00\"""#),
        format!(r#"Hash={HASH};Subject="CN=a\\";By=b"#),
        format!(r"By=a\;Hash={HASH}"),
    ] {
        assert!(is_forwarded(&good).await, "{good}");
    }
}

#[tokio::test]
async fn there_is_one_element_whatever_is_in_it() {
    let quoted = format!(r#"Hash={HASH};Subject="O=a, CN=b""#);
    assert!(is_forwarded(&quoted).await);
    for bad in [
        format!("Hash={HASH};By=a,By=b"),
        format!("Hash={HASH},By=b"),
        format!("By=b,Hash={HASH}"),
    ] {
        assert!(!is_forwarded(&bad).await, "{bad}");
    }
}

#[tokio::test]
async fn a_hash_has_64_digits_and_nothing_else() {
    for bad in [
        format!("{HASH}00"),
        format!("{HASH}0"),
        HASH.replace("0e", "+e"),
        HASH.replace("ba", "b "),
    ] {
        assert!(!is_forwarded(&format!("Hash={bad}")).await, "{bad}");
    }
    assert!(is_forwarded(&format!("Hash={}", HASH.to_ascii_uppercase())).await);
}

#[tokio::test]
async fn a_certificate_has_at_most_16_kib_of_base64() {
    assert!(is_client_cert(&[7; 12 * 1024]).await);
    assert!(!is_client_cert(&[7; 12 * 1024 + 1]).await);
}
