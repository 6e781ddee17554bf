/// Why news may have been missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Gap {
    #[error("entries are missing from the stream")]
    Missing,
    #[error("entries were trimmed from the stream before they were read")]
    Trimmed,
    #[error("the stream was reset, and what is missing has not come back")]
    Reset,
    #[error(
        "an instance has fallen silent without a farewell: it has died, or `close` was not called"
    )]
    Silent,
    #[error("an instance whose knowledge was taken over has doubts of its own")]
    Inherited,
}
