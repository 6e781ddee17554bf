use std::{env, path::PathBuf, process::Command};

const OLDEST: u32 = 17;

/// Keycloak's launcher takes `JAVA_HOME`, then `java` from the path; so does this.
pub(super) fn check() -> Result<(), String> {
    let java = env::var_os("JAVA_HOME").map_or_else(
        || PathBuf::from("java"),
        |home| PathBuf::from(home).join("bin/java"),
    );
    let output = Command::new(&java)
        .arg("-version")
        .output()
        .map_err(|error| format!("no Java ({}: {error})", java.display()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    match major(&text) {
        Some(found) if found >= OLDEST => Ok(()),
        Some(found) => Err(format!(
            "Java {OLDEST} or newer is needed, {} is Java {found}",
            java.display()
        )),
        None => Err(format!(
            "{} -version does not tell a version",
            java.display()
        )),
    }
}

/// `openjdk version "17.0.15" 2025-04-15`, `openjdk version "25" 2025-09-16`.
fn major(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    let digits = quoted.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number_in_quotes() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(major("openjdk version \"25\" 2025-09-16"), Some(25));
        assert_eq!(major("java version \"1.8.0_401\""), Some(1));
        assert_eq!(major("command not found"), None);
    }
}
