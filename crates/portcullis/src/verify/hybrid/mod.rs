//! Local first, live when asked: both ways behind one verifier.

mod agreement;
mod lightweight;
mod verifier;

pub use self::verifier::HybridVerifier;
