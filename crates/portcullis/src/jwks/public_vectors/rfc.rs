//! The signed examples of RFC 7515, appendix A, and of RFC 8037, appendix A, read and verified as tokens
//! are.

use serde_json::{Value, json};

use super::{Algorithm, KeySet, key_set};
use crate::{Reason, jws::Jws};

/// The claims of the examples A.1 to A.3 and A.5 of RFC 7515.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

const RS256: &str = concat!(
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7",
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4",
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K",
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv",
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB",
    "p0igcN_IoypGlUPQGe77Rw",
);

const RSA_MODULUS: &str = concat!(
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp",
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW",
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs",
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k",
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2",
    "PAcDTW9gb54h4FRWyuXpoQ",
);

const ES256: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

const ES512: &str = concat!(
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq",
    "wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8Kp",
    "EHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
);

const ED25519: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// The parts of each example and its key.
fn examples() -> [([String; 3], Value); 4] {
    let rsa = json!({"kty": "RSA", "n": RSA_MODULUS, "e": "AQAB"});
    let p_256 = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let p_521 = json!({
        "kty": "EC",
        "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    let ed25519 = json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    [
        (["eyJhbGciOiJSUzI1NiJ9", CLAIMS, RS256], rsa),
        (["eyJhbGciOiJFUzI1NiJ9", CLAIMS, ES256], p_256),
        (["eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA", ES512], p_521),
        (
            [
                "eyJhbGciOiJFZERTQSJ9",
                "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                ED25519,
            ],
            ed25519,
        ),
    ]
    .map(|(parts, key)| (parts.map(str::to_owned), key))
}

fn is_signed_by(parts: &[String; 3], keys: &KeySet) -> bool {
    let text = parts.join(".");
    let Ok(jws) = Jws::parse(&text, Algorithm::ALL) else {
        panic!("{text} is no JWS");
    };
    jws.is_signed_by(keys, &jws.key_query(None))
}

#[test]
fn the_signed_examples_are_good_with_their_own_key_and_payload_alone() {
    let examples = examples();
    for (own, (parts, _)) in examples.iter().enumerate() {
        for (other, (other_parts, key)) in examples.iter().enumerate() {
            let keys = key_set(key);
            assert_eq!(keys.usable_keys(), 1);
            assert_eq!(is_signed_by(parts, &keys), own == other, "{own} {other}");

            let [header, _, signature] = parts.clone();
            let exchanged = [header, other_parts[1].clone(), signature];
            let is_same = exchanged == *parts;
            assert_eq!(
                is_signed_by(&exchanged, &key_set(&examples[own].1)),
                is_same
            );
        }
    }
}

#[test]
fn the_examples_with_a_secret_and_without_a_signature_are_refused() {
    const HS256: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    for (header, signature, reason) in [
        (
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
            HS256,
            Reason::AlgorithmNotAllowed,
        ),
        ("eyJhbGciOiJub25lIn0", "", Reason::MalformedToken),
    ] {
        let text = format!("{header}.{CLAIMS}.{signature}");
        let refused = Jws::parse(&text, Algorithm::ALL).err().unwrap();
        assert_eq!(refused.reason(), reason, "{text}");
    }
}
