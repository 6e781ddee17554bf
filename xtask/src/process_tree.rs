use std::process::{Child, Command, Stdio};

/// Ends a program and whatever it has started: a test binary outlives the cargo that ran it.
pub(crate) fn end(child: &mut Child) -> std::io::Result<()> {
    end_below(child.id());
    child.kill()?;
    child.wait().map(|_| ())
}

/// Ends whatever a process has started, and not the process.
pub(crate) fn end_below(root: u32) {
    let ps = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid="])
        .stderr(Stdio::null())
        .output();
    if let Ok(output) = ps {
        let below = descendants(&String::from_utf8_lossy(&output.stdout), root);
        if !below.is_empty() {
            kill(below.iter().map(u32::to_string));
        }
    }
}

/// Ends a group of processes by the one that leads it, or has led it: whoever was begun in it is in it still, though
/// nobody is left that began it.
pub(crate) fn end_group(leader: u32) {
    // Nought is one's own group, and one is everybody.
    if leader > 1 {
        kill(["--".to_owned(), format!("-{leader}")]);
    }
}

fn kill(whom: impl IntoIterator<Item = String>) {
    // One that has ended by itself meanwhile is as good.
    let _ = Command::new("kill")
        .arg("-KILL")
        .args(whom)
        .stderr(Stdio::null())
        .status();
}

/// The processes below `root`, out of lines of a process and its parent.
fn descendants(processes: &str, root: u32) -> Vec<u32> {
    let pairs: Vec<(u32, u32)> = processes.lines().filter_map(pair).collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        let children = pairs.iter().filter(|&&(_, of)| of == parent);
        found.extend(children.map(|&(process, _)| process));
        at += 1;
    }
    found.split_off(1)
}

fn pair(line: &str) -> Option<(u32, u32)> {
    let mut numbers = line.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_and_their_children_are_found() {
        let processes = "    1     0\n   10     1\n   11    10\n   12    11\n   13     1\n  bad\n";
        assert_eq!(descendants(processes, 10), [11, 12]);
        assert!(descendants(processes, 13).is_empty());
        assert!(descendants("", 10).is_empty());
    }
}
