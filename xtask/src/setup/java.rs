use std::{
    env,
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
};

/// The oldest Java a current Keycloak starts with.
const OLDEST: u32 = 17;

/// Whether the Java that Keycloak would take is there and new enough.
pub(super) fn is_new_enough() -> bool {
    let output = Command::new(program())
        .arg("-version")
        .stdin(Stdio::null())
        .output();
    output.is_ok_and(|output| {
        major_version(&String::from_utf8_lossy(&output.stderr)).is_some_and(|it| it >= OLDEST)
    })
}

fn program() -> OsString {
    match env::var_os("JAVA_HOME") {
        Some(home) => Path::new(&home).join("bin").join("java").into_os_string(),
        None => "java".into(),
    }
}

fn major_version(said: &str) -> Option<u32> {
    let (_, rest) = said.split_once("version \"")?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        for (said, major) in [
            ("openjdk version \"17.0.15\" 2025-04-15\n", Some(17)),
            ("openjdk version \"21\" 2023-09-19\n", Some(21)),
            ("openjdk version \"24-ea\" 2025-03-18\n", Some(24)),
            ("java version \"1.8.0_292\"\n", Some(1)),
            ("bash: java: command not found", None),
            ("", None),
        ] {
            assert_eq!(major_version(said), major, "{said}");
        }
    }
}
