use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::Value;

use crate::{error::XtaskError, files::read_json};

/// The instructions of each case counted since then, by `function.case`. Results of an earlier run
/// stay out.
pub(super) fn instructions_since(
    started: SystemTime,
    target_dir: &Path,
) -> Result<BTreeMap<String, u64>, XtaskError> {
    let groups = target_dir.join("gungraun/portcullis-bench/instructions");
    let mut counted = BTreeMap::new();
    for group in folders(&groups) {
        for folder in folders(&group) {
            let path = folder.join("summary.json");
            let written = fs::metadata(&path).and_then(|data| data.modified());
            if !written.is_ok_and(|written| written >= started) {
                continue;
            }
            if let (Some(case), Some(count)) =
                (folder.file_name(), instructions(&read_json(&path)?))
            {
                counted.insert(case.to_string_lossy().into_owned(), count);
            }
        }
    }
    Ok(counted)
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn instructions(summary: &Value) -> Option<u64> {
    summary
        .pointer("/profiles/0/data/total/metrics/Ir/values/new")?
        .as_u64()
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
        assert_eq!(instructions(&summary), Some(415));
        assert_eq!(instructions(&json!({"profiles": []})), None);
    }

    #[test]
    fn where_nothing_was_measured_there_are_no_cases() {
        let nowhere = Path::new("no/such/folder");
        let counted = instructions_since(SystemTime::UNIX_EPOCH, nowhere);
        assert!(counted.unwrap().is_empty());
    }
}
