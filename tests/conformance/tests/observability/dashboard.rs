//! The dashboard shows what the library counts, all of it and nothing else.

use std::{cell::RefCell, collections::BTreeSet};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use portcullis::telemetry;
use serde_json::Value;

const DASHBOARD: &str = include_str!("../../../../dashboards/portcullis.json");

/// Hears the names of what is described.
#[derive(Default)]
struct Names(RefCell<BTreeSet<String>>);

impl Names {
    fn add(&self, name: &KeyName) {
        self.0.borrow_mut().insert(name.as_str().to_owned());
    }
}

impl Recorder for Names {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.add(&name);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.add(&name);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.add(&name);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// What the library says that it counts.
pub(crate) fn described() -> BTreeSet<String> {
    let names = Names::default();
    with_local_recorder(&names, telemetry::describe);
    names.0.into_inner()
}

/// The queries of all panels.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

/// The metrics that a query names, as they are written there.
fn named(query: &str) -> impl Iterator<Item = &str> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    query
        .split(move |character| !is_name(character))
        .filter(|word| word.starts_with("portcullis"))
}

/// The metrics that the panels show; a histogram by its own name.
fn shown() -> BTreeSet<String> {
    queries()
        .iter()
        .flat_map(|query| named(query))
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned())
        .collect()
}

#[test]
fn the_dashboard_shows_what_is_counted_and_nothing_else() {
    let described = described();
    assert!(!described.is_empty());
    assert_eq!(shown(), described);
}

#[test]
fn every_panel_asks_the_data_source_that_was_chosen() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            for asked in [panel, target] {
                assert_eq!(asked["datasource"]["uid"], "${datasource}", "{panel}");
            }
        }
    }
}

#[test]
fn every_panel_shows_the_jobs_that_were_chosen() {
    for query in queries() {
        let chosen = query.matches("{job=~\"$job\"").count();
        assert_eq!(chosen, named(&query).count(), "{query}");
    }
}

/// Any metric will do, since an issuer with fixed keys has others than one that is only asked.
#[test]
fn what_can_be_chosen_is_found_in_every_metric() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let queried = |variable: &&Value| variable["type"] == "query";
    let chosen: Vec<_> = variables
        .iter()
        .filter(queried)
        .map(|variable| {
            assert_eq!(variable["datasource"]["uid"], "${datasource}");
            assert_eq!(variable["definition"], variable["query"]["query"]);
            let query = variable["definition"].as_str().unwrap().to_owned();
            (variable["name"].as_str().unwrap(), query)
        })
        .collect();
    let every = r#"__name__=~"portcullis_.+""#;
    let job = format!("label_values({{{every}}}, job)");
    let issuer = format!(r#"label_values({{{every}, job=~"$job"}}, issuer)"#);
    assert_eq!(chosen, [("job", job), ("issuer", issuer)]);
    for metric in described() {
        assert!(metric.starts_with("portcullis_"), "{metric}");
    }
}
