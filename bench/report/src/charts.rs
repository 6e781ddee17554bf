mod gap;
mod growth;
mod latency;

use portcullis_bench::Failure;

use crate::report::Report;

/// The charts by the names of their files.
pub(crate) fn all(report: &Report) -> Result<[(&'static str, String); 3], Failure> {
    Ok([
        ("latency.svg", latency::chart(report)?),
        ("revocation-gap.svg", gap::chart()?),
        ("growth.svg", growth::chart(report)?),
    ])
}

const SIZE: (u32, u32) = (860, 460);

/// What went wrong in drawing has no life of its own.
fn failed(error: impl std::error::Error) -> Failure {
    error.to_string().into()
}
