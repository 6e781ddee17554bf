//! How a caller came to its call.

/// As the library has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boarding {
    Started,
    Joined,
    Booked,
}
