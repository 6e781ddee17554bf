//! Tokens that are of use only to whoever holds a key: what a request proved, and what its token
//! asks for (RFC 7800, RFC 8705, RFC 9449). A proof is judged once, where the request enters; its
//! outcome travels with the credentials, and every statement about the token is held against it.

mod certificate;
mod confirmation;
mod dpop;
mod possession;
mod thumbprint;

pub use self::{
    certificate::{CertificateSource, PeerCertificate},
    confirmation::Confirmation,
    dpop::{Dpop, NonceKeys},
    thumbprint::Thumbprint,
};
pub(crate) use self::{
    dpop::{ProofUse, Taken},
    possession::{Possession, asks_for_proof, judge_binding, judge_scheme},
};
