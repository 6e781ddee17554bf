use std::{
    fs,
    path::Path,
    process::{self, Command},
    time::Duration,
};

use super::VERSION;
use portcullis_real_servers::{Supervised, is_on_path};

use crate::{SUITE, SuiteError};

const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:unpack";
const LIMIT: Duration = Duration::from_secs(900);

/// Has Maven fetch and unpack Keycloak into `home`, which appears whole or not at all.
pub(super) async fn fetch(home: &Path) -> Result<(), String> {
    if !is_on_path("mvn") {
        return Err("Maven (mvn) is not there to fetch it".to_owned());
    }
    let what = format!("fetching Keycloak {VERSION} from Maven Central (170 MB, once)");
    SUITE
        .during(&what, unpack(home))
        .await
        .map_err(|error| format!("Maven did not fetch it: {error}"))
}

async fn unpack(home: &Path) -> Result<(), SuiteError> {
    let partial = home.with_extension(format!("partial-{}", process::id()));
    fs::create_dir_all(&partial).map_err(SuiteError::file("creating", &partial))?;
    let done = run_maven(&partial).await.and_then(|()| {
        let unpacked = partial.join(format!("keycloak-{VERSION}"));
        match fs::rename(&unpacked, home) {
            // Somebody else was quicker.
            Err(_) if home.join("bin/kc.sh").is_file() => Ok(()),
            other => other.map_err(SuiteError::file("moving into place", &unpacked)),
        }
    });
    // What is left of it is of no use, and in nobody's way.
    let _ = fs::remove_dir_all(&partial);
    done
}

async fn run_maven(partial: &Path) -> Result<(), SuiteError> {
    let mut maven = Command::new("mvn");
    maven.args(["-B", "-ntp", PLUGIN]).arg(format!(
        "-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    ));
    for (property, dir) in [
        ("outputDirectory", partial.to_owned()),
        ("markersDirectory", partial.join("markers")),
    ] {
        // Without markers of its own the plugin believes that a directory removed since still
        // holds what it once unpacked.
        maven.arg(format!("-D{property}={}", dir.display()));
    }
    maven.current_dir(partial);
    Supervised::run("mvn", maven, &partial.join("maven.log"), LIMIT).await
}
