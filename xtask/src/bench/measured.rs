use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::Value;

use crate::error::XtaskError;

/// Cases that are held against the same one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What it is called at criterion.
    pub(super) name: &'static str,
    /// What it is called at callgrind.
    pub(super) counted: &'static str,
    /// The case that the others are held against.
    pub(super) base: &'static str,
}

/// What one case was measured to cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) instructions: Option<f64>,
    pub(super) nanoseconds: Option<f64>,
}

/// The cases of a group measured since then, the cheapest first. Results of an earlier run stay out.
pub(super) fn since(
    started: SystemTime,
    target_dir: &Path,
    group: Group,
) -> Result<Vec<Measured>, XtaskError> {
    let mut cases: BTreeMap<String, Measured> = BTreeMap::new();
    let counted = target_dir
        .join("gungraun/portcullis-bench/instructions")
        .join(group.counted);
    for (folder, summary) in fresh(&counted, Path::new("summary.json"), started)? {
        // The folder is named after function and case: `request.bare`.
        let case = folder
            .split_once('.')
            .map_or(folder.as_str(), |(_, case)| case);
        cases.entry(case.to_owned()).or_default().instructions = instructions(&summary);
    }
    let timed = target_dir.join("criterion").join(group.name);
    for (case, estimates) in fresh(&timed, Path::new("new/estimates.json"), started)? {
        cases.entry(case).or_default().nanoseconds = nanoseconds(&estimates);
    }
    let mut cases: Vec<Measured> = cases
        .into_iter()
        .map(|(name, case)| Measured { name, ..case })
        .collect();
    cases.sort_by(|a, b| {
        let cost = |case: &Measured| case.instructions.or(case.nanoseconds).unwrap_or(f64::MAX);
        cost(a).total_cmp(&cost(b))
    });
    Ok(cases)
}

/// The JSON `file` of every folder in `parent`, by the folder's name, if written since then.
fn fresh(
    parent: &Path,
    file: &Path,
    started: SystemTime,
) -> Result<Vec<(String, Value)>, XtaskError> {
    let Ok(folders) = fs::read_dir(parent) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for folder in folders.flatten() {
        let path = folder.path().join(file);
        let written = fs::metadata(&path).and_then(|data| data.modified());
        if written.is_ok_and(|written| written >= started) {
            found.push((
                folder.file_name().to_string_lossy().into_owned(),
                json(path)?,
            ));
        }
    }
    Ok(found)
}

fn json(path: PathBuf) -> Result<Value, XtaskError> {
    let bytes = fs::read(&path).map_err(|source| XtaskError::Read {
        path: path.clone(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|error| XtaskError::Malformed {
        path,
        reason: error.to_string(),
    })
}

fn instructions(summary: &Value) -> Option<f64> {
    summary
        .pointer("/profiles/0/data/total/metrics/Ir/values/new")?
        .as_f64()
}

fn nanoseconds(estimates: &Value) -> Option<f64> {
    estimates.pointer("/median/point_estimate")?.as_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_instructions_of_a_summary_are_read() {
        let summary = json!({"profiles": [{"data": {"total": {"metrics": {
            "Ir": {"values": {"new": 415}}, "Dr": {"values": {"new": 154}}
        }}}}]});
        assert_eq!(instructions(&summary), Some(415.0));
        assert_eq!(instructions(&json!({"profiles": []})), None);
    }

    #[test]
    fn the_median_time_is_read() {
        let estimates = json!({
            "mean": {"point_estimate": 36.0}, "median": {"point_estimate": 35.25}
        });
        assert_eq!(nanoseconds(&estimates), Some(35.25));
    }

    #[test]
    fn where_nothing_was_measured_there_are_no_cases() {
        let nowhere = Path::new("no/such/folder");
        let group = Group {
            name: "request",
            counted: "requests",
            base: "bare",
        };
        let cases = since(SystemTime::UNIX_EPOCH, nowhere, group);
        assert!(cases.unwrap().is_empty());
    }
}
