#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use num_bigint::BigUint;
use portcullis_conformance::{LocalWorld, from_base64url, parts, with_signature};
use portcullis_testing::SigningAlgorithm;

/// The orders of P-256, P-384 and P-521 (FIPS 186-5, SP 800-186 §3.2.1).
const ORDERS: [(SigningAlgorithm, usize, &str); 3] = [
    (
        SigningAlgorithm::ES256,
        32,
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
    ),
    (
        SigningAlgorithm::ES384,
        48,
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    ),
    (
        SigningAlgorithm::ES512,
        66,
        "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409",
    ),
];

/// A good token, with r and s of its signature, the order of the curve, and the length of each.
struct Signed {
    token: String,
    r: BigUint,
    s: BigUint,
    order: BigUint,
    length: usize,
}

impl Signed {
    async fn with(local: &LocalWorld, curve: (SigningAlgorithm, usize, &str)) -> Self {
        let (algorithm, length, order) = curve;
        let token = local.server().token().algorithm(algorithm).jwt();
        local.accepts(&token, algorithm.name()).await;
        let [_, _, signature] = parts(&token);
        let bytes = from_base64url(signature);
        let (r, s) = bytes.split_at(length);
        Self {
            r: BigUint::from_bytes_be(r),
            s: BigUint::from_bytes_be(s),
            order: BigUint::parse_bytes(order.as_bytes(), 16).unwrap(),
            length,
            token,
        }
    }

    /// The token with another r and s, each in the curve's length (of more, the last bytes).
    fn token_with(&self, r: &BigUint, s: &BigUint) -> String {
        let bytes = [padded(r, self.length), padded(s, self.length)].concat();
        with_signature(&self.token, bytes)
    }
}

/// The number in exactly so many bytes: leading zeros added, or leading bytes cut off.
fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let missing = length.saturating_sub(bytes.len());
    let surplus = bytes.len().saturating_sub(length);
    [vec![0; missing], bytes[surplus..].to_vec()].concat()
}

/// A world whose set has a key for each curve.
async fn local() -> LocalWorld {
    let world = portcullis_conformance::World::start().await;
    for (algorithm, _, _) in ORDERS {
        let _published = world.server.signing_key(algorithm);
    }
    LocalWorld::on(world, |realm| realm).await
}

/// An ASN.1 INTEGER.
fn der_integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    let length = u8::try_from(bytes.len()).unwrap();
    [vec![2, length], bytes].concat()
}

#[tokio::test]
async fn h7_an_ecdsa_signature_has_exactly_its_length() {
    let local = local().await;
    for curve in ORDERS {
        let signed = Signed::with(&local, curve).await;
        let (r, s, length) = (&signed.r, &signed.s, signed.length);
        let good = [padded(r, length), padded(s, length)].concat();
        let integers = [der_integer(r), der_integer(s)].concat();
        let content = u8::try_from(integers.len()).unwrap();
        let der = if content < 0x80 {
            [vec![0x30, content], integers].concat()
        } else {
            [vec![0x30, 0x81, content], integers].concat()
        };
        for (case, signature) in [
            (
                "as it should be, less a byte",
                good[..good.len() - 1].to_vec(),
            ),
            ("less the first byte", good[1..].to_vec()),
            ("one byte more behind", [good.as_slice(), &[0]].concat()),
            ("one byte more in front", [&[0], good.as_slice()].concat()),
            (
                "r and s in double length",
                [padded(r, 2 * length), padded(s, 2 * length)].concat(),
            ),
            ("twice", [good.as_slice(), &good].concat()),
            ("half", padded(r, length)),
            (
                "r and s one byte longer",
                [padded(r, length + 1), padded(s, length + 1)].concat(),
            ),
            ("DER", der),
        ] {
            let token = with_signature(&signed.token, signature);
            local
                .refuses_unasked(&token, &format!("{} {case}", curve.0))
                .await;
        }
    }
}

#[tokio::test]
async fn h8_r_and_s_out_of_range_are_refused() {
    let local = local().await;
    for curve in ORDERS {
        let signed = Signed::with(&local, curve).await;
        let (r, s, n) = (&signed.r, &signed.s, &signed.order);
        let (zero, one) = (BigUint::ZERO, BigUint::from(1_u8));
        local
            .accepts(&signed.token_with(r, s), "the same r and s")
            .await;
        for (case, r, s) in [
            ("all zero (CVE-2022-21449)", zero.clone(), zero.clone()),
            ("r = 0", zero.clone(), s.clone()),
            ("s = 0", r.clone(), zero.clone()),
            ("r = n", n.clone(), s.clone()),
            ("s = n", r.clone(), n.clone()),
            ("both n", n.clone(), n.clone()),
            ("r = 0, s = n", zero.clone(), n.clone()),
            ("r + n, cut to length", r + n, s.clone()),
            ("s + n, cut to length", r.clone(), s + n),
            ("n - r", n - r, s.clone()),
            ("r = s = 1", one.clone(), one.clone()),
            ("r = n - 1", n - &one, s.clone()),
            ("r = n + 1", n + &one, s.clone()),
            ("exchanged", s.clone(), r.clone()),
        ] {
            let token = signed.token_with(&r, &s);
            local
                .refuses_unasked(&token, &format!("{} {case}", curve.0))
                .await;
        }
        let ones = with_signature(&signed.token, vec![0xff; 2 * signed.length]);
        local.refuses_unasked(&ones, "all ones").await;
    }
}

/// JWS asks for no canonical s (RFC 7518 §3.4), so one token has two signatures: neither it nor
/// its text may ever serve as the name of a token.
#[tokio::test]
async fn h9_a_high_s_is_accepted() {
    let local = local().await;
    for curve in ORDERS {
        let signed = Signed::with(&local, curve).await;
        let mirrored = &signed.order - &signed.s;
        assert_ne!(mirrored, signed.s);
        // One of the two is the high one.
        let token = signed.token_with(&signed.r, &mirrored);
        local.accepts(&token, curve.0.name()).await;
        local.accepts(&signed.token, curve.0.name()).await;
    }
}
