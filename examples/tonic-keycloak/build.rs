//! Compiles the interface in Rust alone: no `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let interface = protox::compile(["shop/v1/orders.proto"], ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // What reflection tells.
    fs::write(out.join("shop.bin"), interface.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(interface)?;
    Ok(())
}
