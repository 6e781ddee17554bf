//! Every way in which our own client proves itself at the introspection endpoint: right, wrong,
//! and the wrong one of two.

mod certificates;
mod keys;
mod scene;
mod secrets;

use self::scene::{SECRET, Scene};
