/// How a gateway ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It does not.
    Serving,
    /// It says that it is not ready, and answers as before: until everybody has heard of it, questions
    /// go on coming in over connections that are only made now.
    Leaving,
    /// There are no more connections; questions that were asked are answered.
    Closed,
}
