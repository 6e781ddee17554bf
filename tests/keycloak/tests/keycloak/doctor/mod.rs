//! `portcullis doctor` on a realm with one mistake each: the first ✗ names it.

mod clock;
mod credentials;
mod issuer;
mod kcadm;
mod scene;
mod tokens;

use self::scene::Doctor;
