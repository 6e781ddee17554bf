use std::time::Duration;

/// What happens to the answers on their way through a [`FaultProxy`](crate::FaultProxy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing: they pass.
    #[default]
    None,
    /// They come later by so much.
    Delay(Duration),
    /// Connections are reset: those that there are, and each new one as soon as it is taken.
    Reset,
    /// Connections are taken and read, never answered and never closed, as by a host that has vanished. One
    /// that has met this stays like that when it is over.
    HalfOpen,
    /// Noise comes in place of them, as long as they are.
    Garbage,
    /// They come byte by byte, one in so much time.
    Drip(Duration),
    /// The connection ends, in good order, after so many bytes of what comes at once.
    Cut(usize),
}
