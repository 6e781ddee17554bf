//! A JWT in the making: good to begin with, and as wrong as a test wants it.

mod draft;
mod parts;
mod payload;

pub(crate) use self::{draft::JwtDraft, parts::jwt_parts, payload::claim_of};
