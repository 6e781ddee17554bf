use std::io;

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits, as 43 characters that may stand in a URL.
pub(super) fn unguessable() -> Result<String, io::Error> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("there is no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
