//! Makes the fixtures of the instruction counts anew: a key of each kind and two tokens of each,
//! good until 2100. The private halves are not kept.

use std::{fs, path::Path};

use portcullis_bench::{Algorithm, FIXED_ISSUER, Failure, Life, Signer, claims, key_set, signed};

fn main() -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let signers = Algorithm::ALL.map(Signer::generate);
    let signers: Vec<Signer> = signers.into_iter().collect::<Result<_, _>>()?;
    let all: Vec<&Signer> = signers.iter().collect();
    fs::write(folder.join("jwks.json"), key_set(&all))?;
    for signer in &signers {
        for number in [1, 2] {
            let token = signed(signer, &claims(FIXED_ISSUER, number, Life::LONG))?;
            let name = signer.algorithm().name().to_lowercase();
            println!("{name} {number}: {} bytes", token.len());
            fs::write(folder.join(format!("{name}_{number}.jwt")), token)?;
        }
    }
    Ok(())
}
