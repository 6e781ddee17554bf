/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    #[error("there is no runtime")]
    NoRuntime,
    #[error("cut off")]
    Aborted,
    #[error("stuck")]
    Stuck,
    #[error("overdue")]
    Overdue,
    #[error("it has just failed: {0}")]
    CoolingDown(Box<Self>),
}
