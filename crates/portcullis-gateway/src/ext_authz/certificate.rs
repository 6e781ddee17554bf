use percent_encoding::percent_decode;
use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::forwarded::AskedRefusal;

/// The longest that is read, in bytes, as it comes.
const MAX_LENGTH: usize = 16 * 1024;

/// The certificate that the client has shown to Envoy, which is PEM, percent-encoded; `None` for none.
/// That its holder has the key is proven by the connection, whoever has issued it (RFC 8705 §2.2).
pub(super) fn read(encoded: &[u8]) -> Result<Option<CertificateDer<'static>>, AskedRefusal> {
    if encoded.is_empty() {
        return Ok(None);
    }
    if encoded.len() > MAX_LENGTH {
        return Err(AskedRefusal::BadCertificate);
    }
    let pem: Vec<u8> = percent_decode(encoded).collect();
    let mut certificates = CertificateDer::pem_slice_iter(&pem);
    match (certificates.next(), certificates.next()) {
        (Some(Ok(certificate)), None) => Ok(Some(certificate)),
        _ => Err(AskedRefusal::BadCertificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN%20CERTIFICATE-----%0AaGVsbG8%3D%0A-----END%20CERTIFICATE-----%0A";

    #[test]
    fn one_certificate_is_one_and_nothing_is_none() {
        assert_eq!(read(b""), Ok(None));
        let hello = CertificateDer::from(b"hello".to_vec());
        assert_eq!(read(PEM.as_bytes()), Ok(Some(hello)));
    }

    #[test]
    fn what_is_not_one_certificate_refuses() {
        let two = PEM.repeat(2);
        let long = "A".repeat(MAX_LENGTH + 1);
        let half = "-----BEGIN%20CERTIFICATE-----%0AaGVs";
        for bad in ["x", "%", "hello", half, &two, &long] {
            assert_eq!(
                read(bad.as_bytes()),
                Err(AskedRefusal::BadCertificate),
                "{bad}"
            );
        }
    }
}
