use aws_lc_rs::digest::{SHA256, digest};
use num_bigint::BigUint;
use serde_json::{Value, json};

use crate::base64url;

/// An RSA key of any size and with any odd exponent, which signs any encoded message: what no
/// sound backend makes. The modulus is a product of many small primes: worthless, and quick.
#[derive(Debug, Clone)]
pub struct RawRsaKey {
    modulus: BigUint,
    exponent: u64,
    primes: Vec<u64>,
}

impl RawRsaKey {
    /// A key whose modulus has exactly so many bits. With an even exponent it cannot sign.
    #[must_use]
    pub fn new(bits: u64, exponent: u64) -> Self {
        let mut modulus = BigUint::from(1_u8);
        let mut primes: Vec<u64> = Vec::new();
        while bits - modulus.bits() > 62 {
            let above = primes.last().map_or(1 << 39, |last| last + 2);
            let prime = prime_from(above, exponent);
            modulus *= prime;
            primes.push(prime);
        }
        let least = (BigUint::from(1_u8) << (bits - 1)) / &modulus;
        let prime = prime_from(u64::try_from(least).unwrap() + 1, exponent);
        modulus *= prime;
        primes.push(prime);
        assert_eq!(modulus.bits(), bits);
        Self {
            modulus,
            exponent,
            primes,
        }
    }

    /// How long a signature is, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap()
    }

    /// The public key as a JWK for signatures.
    #[must_use]
    pub fn jwk(&self, kid: &str) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": kid,
            "n": base64url(self.modulus.to_bytes_be()),
            "e": base64url(BigUint::from(self.exponent).to_bytes_be()),
        })
    }

    /// The signature over an encoded message: its private-exponent power (RFC 8017 §5.2.1).
    #[must_use]
    pub fn sign_encoded(&self, encoded: &[u8]) -> Vec<u8> {
        let message = BigUint::from_bytes_be(encoded);
        let (mut signature, mut product) = (BigUint::ZERO, BigUint::from(1_u8));
        for prime in self.primes.iter().copied() {
            let modulo = |number: &BigUint| u64::try_from(number % prime).unwrap();
            let private = inverse(self.exponent % (prime - 1), prime - 1);
            let wanted = power(modulo(&message), private, prime);
            let missing = (wanted + prime - modulo(&signature)) % prime;
            let factor = multiply(missing, inverse(modulo(&product), prime), prime);
            signature += &product * factor;
            product *= prime;
        }
        let bytes = signature.to_bytes_be();
        [vec![0; self.length() - bytes.len()], bytes].concat()
    }

    /// A signature by RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
    #[must_use]
    pub fn sign_pkcs1(&self, message: &[u8]) -> Vec<u8> {
        let info = Self::digest_info(message);
        let filling = vec![0xff; self.length() - 3 - info.len()];
        self.sign_encoded(&[&[0, 1], filling.as_slice(), &[0], &info].concat())
    }

    /// The `DigestInfo` of SHA-256 (RFC 8017 §9.2).
    #[must_use]
    pub fn digest_info(message: &[u8]) -> Vec<u8> {
        let prefix = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        [prefix.as_slice(), digest(&SHA256, message).as_ref()].concat()
    }

    /// A signature by RSASSA-PSS with SHA-256 and a salt of this length (RFC 8017 §9.1.1).
    #[must_use]
    pub fn sign_pss(&self, message: &[u8], salt_length: usize) -> Vec<u8> {
        let salt = vec![0x5a; salt_length];
        let hashed = digest(&SHA256, message);
        let block = digest(&SHA256, &[&[0; 8], hashed.as_ref(), &salt].concat());
        let length = usize::try_from((self.modulus.bits() - 1).div_ceil(8)).unwrap();
        let filling = vec![0; length - salt_length - block.as_ref().len() - 2];
        let mut masked = [filling.as_slice(), &[1], &salt].concat();
        let mask = mgf1(block.as_ref(), masked.len());
        for (byte, mask) in masked.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        let unused = u64::try_from(length).unwrap() * 8 - (self.modulus.bits() - 1);
        if let Some(first) = masked.first_mut() {
            *first &= 0xff >> unused;
        }
        self.sign_encoded(&[masked.as_slice(), block.as_ref(), &[0xbc]].concat())
    }
}

fn mgf1(seed: &[u8], length: usize) -> Vec<u8> {
    let blocks = (0_u32..).flat_map(|counter| {
        let block = digest(&SHA256, &[seed, &counter.to_be_bytes()].concat());
        block.as_ref().to_vec()
    });
    blocks.take(length).collect()
}

/// The first prime from here on that the exponent can be used with.
fn prime_from(start: u64, exponent: u64) -> u64 {
    let fits = |prime: u64| exponent.is_multiple_of(2) || gcd(exponent, prime - 1) == 1;
    (start | 1..)
        .step_by(2)
        .find(|candidate| is_prime(*candidate) && fits(*candidate))
        .unwrap()
}

/// Miller-Rabin, exact for 64 bits with these bases.
fn is_prime(number: u64) -> bool {
    let bases = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if bases.iter().any(|base| number.is_multiple_of(*base)) {
        return bases.contains(&number);
    }
    let twos = (number - 1).trailing_zeros();
    bases.iter().all(|base| {
        let mut value = power(*base, (number - 1) >> twos, number);
        if value == 1 || value == number - 1 {
            return true;
        }
        (1..twos).any(|_| {
            value = multiply(value, value, number);
            value == number - 1
        })
    })
}

fn multiply(one: u64, other: u64, modulus: u64) -> u64 {
    let product = u128::from(one) * u128::from(other) % u128::from(modulus);
    u64::try_from(product).unwrap()
}

fn power(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut result = 1 % modulus;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = multiply(result, base, modulus);
        }
        base = multiply(base, base, modulus);
        exponent /= 2;
    }
    result
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}

/// The inverse by the extended Euclidean algorithm.
fn inverse(number: u64, modulus: u64) -> u64 {
    let (mut old, mut new) = (i128::from(modulus), i128::from(number));
    let (mut old_factor, mut factor) = (0_i128, 1_i128);
    while new != 0 {
        let quotient = old / new;
        (old, new) = (new, old - quotient * new);
        (old_factor, factor) = (factor, old_factor - quotient * factor);
    }
    assert_eq!(old, 1, "{number} has no inverse modulo {modulus}");
    u64::try_from(old_factor.rem_euclid(i128::from(modulus))).unwrap()
}
