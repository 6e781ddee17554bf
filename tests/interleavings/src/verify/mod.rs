//! The calls about one token.

mod calls;
mod digest;
#[expect(dead_code, reason = "not everything is explored")]
#[path = "../../../../crates/portcullis/src/verify/introspection/flight.rs"]
mod flight;
#[path = "../../../../crates/portcullis/src/verify/introspection/in_flight.rs"]
mod in_flight;
mod notices;

use crate::Explored;

pub(crate) const EXPLORED: &[Explored] = &[
    Explored::new(
        "a live answer is to a call that began after its caller came",
        calls::live,
    ),
    Explored::new(
        "whoever goes away takes no answer from others",
        calls::leaving,
    ),
    Explored::new(
        "a call that fails, or is cut off, leaves nobody waiting",
        calls::cut_off,
    ),
    Explored::new(
        "after a notice nobody asks who does not know of it",
        notices::quiet,
    ),
];
