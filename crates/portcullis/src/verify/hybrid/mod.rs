//! Local first, live when asked: both ways behind one verifier.

mod lightweight;
mod recheck;
mod verifier;

pub(crate) use self::recheck::Recheck;
pub use self::verifier::HybridVerifier;
