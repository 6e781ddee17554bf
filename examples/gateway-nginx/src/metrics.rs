use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use portcullis::telemetry;

/// How often what was recorded is put into its buckets, whether or not somebody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Has everything counted from now on; the handle renders it.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let durations = Matcher::Full(telemetry::CALL_DURATION.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(durations, telemetry::CALL_DURATION_BUCKETS)?
        .install_recorder()?;
    telemetry::describe();
    tokio::spawn({
        let handle = handle.clone();
        async move {
            let mut upkeep = tokio::time::interval(UPKEEP);
            loop {
                upkeep.tick().await;
                handle.run_upkeep();
            }
        }
    });
    Ok(handle)
}
