use std::time::Duration;

use portcullis::Readiness;
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health, HealthServer},
    server::HealthReporter,
};

use crate::stop::Stop;

/// The name of nothing in particular.
const WHOLE_SERVER: &str = "";

/// How often it is looked at anew.
const PERIOD: Duration = Duration::from_secs(2);

/// The service, which says `NOT_SERVING` until it is told otherwise, and who tells it.
pub(crate) async fn service() -> (HealthReporter, HealthServer<impl Health>) {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter
        .set_service_status(WHOLE_SERVER, ServingStatus::NotServing)
        .await;
    (reporter, service)
}

/// Tells load balancers whether tokens can be judged, and at once when the service is about to stop.
pub(crate) async fn report(
    reporter: HealthReporter,
    mut stop: Stop,
    readiness: impl Fn() -> Readiness,
) {
    let mut due = tokio::time::interval(PERIOD);
    // Whoever watches is told of changes, and of nothing else.
    let mut told = ServingStatus::NotServing;
    loop {
        tokio::select! {
            _ = due.tick() => {}
            () = stop.changed() => {}
        }
        let status = match readiness() {
            Readiness::Ready | Readiness::Degraded(_) => ServingStatus::Serving,
            Readiness::NotReady(_) => ServingStatus::NotServing,
        };
        if status != told {
            told = status;
            reporter.set_service_status(WHOLE_SERVER, status).await;
        }
    }
}
