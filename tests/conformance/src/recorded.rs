use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, LocalRecorderGuard,
    Metadata, Recorder, SharedString, Unit,
};

/// What is counted on this thread while this is held, which is where a test's tasks run.
pub struct Recorded {
    everything: Everything,
    _guard: LocalRecorderGuard<'static>,
}

impl Recorded {
    /// Begins to count.
    pub fn start() -> Self {
        let everything = Everything::default();
        // The guard borrows it for as long as it pleases; a test's process does not live long.
        let recorder = Box::leak(Box::new(everything.clone()));
        Self {
            everything,
            _guard: metrics::set_default_local_recorder(recorder),
        }
    }

    /// Everything: a line for each series, written as Prometheus does.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (series, number) in &*self.everything.series.lock().unwrap() {
            writeln!(text, "{series} {number}").unwrap();
        }
        text
    }

    /// The value of a series, and of a histogram how often something was recorded; nought when
    /// nothing ever was.
    pub fn value(&self, series: &str) -> f64 {
        self.seen(series).unwrap_or_default()
    }

    /// The same; `None` when nothing ever was.
    pub fn seen(&self, series: &str) -> Option<f64> {
        self.everything.series.lock().unwrap().get(series).copied()
    }

    /// How often something of an issuer came to this outcome.
    pub fn outcomes(&self, metric: &str, issuer: &str, outcome: &str) -> f64 {
        self.value(&format!(
            "{metric}{{issuer={issuer:?},outcome={outcome:?}}}"
        ))
    }

    /// The values of all series of a metric.
    pub fn series(&self, metric: &str) -> Vec<f64> {
        let series = self.everything.series.lock().unwrap();
        let of_metric = series.iter().filter(|(series, _)| name(series) == metric);
        of_metric.map(|(_, number)| *number).collect()
    }

    /// The sum of them.
    pub fn sum(&self, metric: &str) -> f64 {
        self.series(metric).iter().sum()
    }

    /// The metrics that something was recorded of.
    pub fn names(&self) -> BTreeSet<String> {
        let series = self.everything.series.lock().unwrap();
        series
            .keys()
            .map(|series| name(series).to_owned())
            .collect()
    }

    /// The names of all labels.
    pub fn label_names(&self) -> BTreeSet<String> {
        self.everything.labels.lock().unwrap().clone()
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

fn name(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

#[derive(Debug, Clone, Default)]
struct Everything {
    series: Arc<Mutex<BTreeMap<String, f64>>>,
    labels: Arc<Mutex<BTreeSet<String>>>,
}

impl Everything {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels = key.labels();
        let labels = labels.map(|label| format!("{}={:?}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let names = key.labels().map(|label| label.key().to_owned());
        self.labels.lock().unwrap().extend(names);
        Arc::new(Series {
            everything: self.clone(),
            name: format!("{}{{{}}}", key.name(), labels.join(",")),
        })
    }
}

impl Recorder for Everything {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

struct Series {
    everything: Everything,
    name: String,
}

impl Series {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut series = self.everything.series.lock().unwrap();
        let number = series.entry(self.name.clone()).or_default();
        *number = change(*number);
    }
}

impl CounterFn for Series {
    fn increment(&self, more: u64) {
        self.change(|number| number + more as f64);
    }

    fn absolute(&self, value: u64) {
        self.change(|_| value as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, more: f64) {
        self.change(|number| number + more);
    }

    fn decrement(&self, less: f64) {
        self.change(|number| number - less);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

impl HistogramFn for Series {
    fn record(&self, _: f64) {
        self.change(|number| number + 1.0);
    }
}
