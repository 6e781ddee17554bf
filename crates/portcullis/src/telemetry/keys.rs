//! The names under which one issuer's numbers are kept. All of them are made when the issuer is,
//! so that counting allocates nothing.

use metrics::{Counter, Gauge, Histogram, Key, Label, SharedString};

use super::{
    metric::{METADATA, Metric},
    outcome::Outcome,
};

/// One counter for each outcome.
#[derive(Debug)]
pub(super) struct Counters<O> {
    keys: Vec<(O, Key)>,
}

impl<O: Outcome> Counters<O> {
    pub(super) fn new(metric: Metric, issuer: &SharedString) -> Self {
        let key = |outcome: &O| {
            let labels = vec![
                Label::new("issuer", issuer.clone()),
                Label::from_static_parts("outcome", outcome.code()),
            ];
            (*outcome, Key::from_parts(metric.name, labels))
        };
        Self {
            keys: O::ALL.iter().map(key).collect(),
        }
    }

    /// Begins at nought, so that the first of each outcome is seen as an increase.
    pub(super) fn begin(&self) {
        for (_, key) in &self.keys {
            counter(key).increment(0);
        }
    }

    pub(super) fn increment(&self, outcome: O) {
        let mut keys = self.keys.iter();
        if let Some((_, key)) = keys.find(|(of, _)| *of == outcome) {
            counter(key).increment(1);
        }
    }
}

/// The key of a metric that has the issuer for its only label.
pub(super) fn of_issuer(metric: Metric, issuer: &SharedString) -> Key {
    Key::from_parts(metric.name, vec![Label::new("issuer", issuer.clone())])
}

pub(super) fn counter(key: &Key) -> Counter {
    metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}

pub(super) fn gauge(key: &Key) -> Gauge {
    metrics::with_recorder(|recorder| recorder.register_gauge(key, &METADATA))
}

pub(super) fn histogram(key: &Key) -> Histogram {
    metrics::with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
}
