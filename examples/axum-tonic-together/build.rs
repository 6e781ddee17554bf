//! Compiles the interface in Rust alone: no `protoc` is needed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let interface = protox::compile(["shop/v1/orders.proto"], ["proto"])?;
    tonic_prost_build::configure().compile_fds(interface)?;
    Ok(())
}
