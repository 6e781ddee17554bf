use std::path::PathBuf;

use serde::Deserialize;

use super::programs::Program;

/// What cargo says of a build, as far as it matters.
#[derive(Debug)]
pub(super) enum Message {
    /// A test program is there.
    Program(Program),
    /// Something does not build.
    Complaint(Complaint),
}

/// An error of the compiler.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// For people.
    pub(super) rendered: String,
    code: String,
    message: String,
    pub(super) spots: Vec<Spot>,
}

/// What an error points to.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Spot {
    #[serde(rename = "file_name")]
    pub(super) file: PathBuf,
    #[serde(rename = "byte_start")]
    pub(super) byte: usize,
    /// Whether the error is here; else it is only explained by what is here.
    pub(super) is_primary: bool,
}

impl Complaint {
    /// The function that a constant is made by though it is not `const`, if that is what this is about.
    pub(super) fn constant(&self) -> Option<String> {
        if self.code != "E0015" {
            return None;
        }
        let path = self.message.split('`').nth(1)?;
        let name = path.split("::").last()?;
        Some(name.to_owned())
    }
}

/// All that matters in what cargo has printed as JSON.
pub(super) fn read(output: &[u8]) -> Vec<Message> {
    let lines = output.split(|&byte| byte == b'\n');
    let raw = lines.filter_map(|line| serde_json::from_slice::<Raw>(line).ok());
    raw.filter_map(Raw::told).collect()
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Raw {
    CompilerMessage {
        message: Diagnostic,
    },
    CompilerArtifact {
        manifest_path: PathBuf,
        target: Target,
        executable: Option<PathBuf>,
    },
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    code: Option<Code>,
    spans: Vec<Spot>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

impl Raw {
    fn told(self) -> Option<Message> {
        match self {
            Self::CompilerMessage { message } => message.told().map(Message::Complaint),
            Self::CompilerArtifact {
                manifest_path,
                target,
                executable,
            } => {
                let folder = manifest_path.parent()?.to_owned();
                Some(Message::Program(Program::new(
                    target.name,
                    executable?,
                    folder,
                )))
            }
        }
    }
}

impl Diagnostic {
    fn told(self) -> Option<Complaint> {
        if self.level != "error" || self.spans.is_empty() {
            return None;
        }
        Some(Complaint {
            rendered: self.rendered.unwrap_or_default(),
            code: self.code.map(|code| code.code).unwrap_or_default(),
            message: self.message,
            spots: self.spans,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_tell_where_they_are() {
        let said = br#"{"reason":"compiler-message","message":{"level":"error","message":"cannot call non-const method `a::B::c` in constants","code":{"code":"E0015"},"rendered":"r","spans":[{"file_name":"x.rs","byte_start":1,"is_primary":false},{"file_name":"y.rs","byte_start":2,"is_primary":true}]}}
{"reason":"compiler-message","message":{"level":"warning","message":"w","code":null,"rendered":"r","spans":[{"file_name":"x.rs","byte_start":1,"is_primary":true}]}}
{"reason":"build-finished","success":false}"#;
        let messages = read(said);
        let [Message::Complaint(complaint)] = messages.as_slice() else {
            panic!("{messages:?}");
        };
        let spot = |file: &str, byte, is_primary| Spot {
            file: file.into(),
            byte,
            is_primary,
        };
        let spots = [spot("x.rs", 1, false), spot("y.rs", 2, true)];
        assert_eq!(complaint.spots, spots);
        assert_eq!(complaint.constant().as_deref(), Some("c"));
    }

    #[test]
    fn programs_are_known_by_what_they_test() {
        let said = br#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","target":{"name":"a","kind":["lib"]},"executable":"/t/a-1"}
{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","target":{"name":"a","kind":["lib"]},"executable":null}"#;
        let messages = read(said);
        let [Message::Program(program)] = messages.as_slice() else {
            panic!("{messages:?}");
        };
        assert_eq!(program.name(), "a");
    }
}
