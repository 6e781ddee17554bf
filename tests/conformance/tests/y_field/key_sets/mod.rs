//! Herds, floods of unknown kids, and keys that are too old.

mod floods;
mod outages;
mod rotations;
