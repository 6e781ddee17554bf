use std::{path::Path, process::Command, time::Duration};

use super::VERSION;
use portcullis_real_servers::{Supervised, tail};

use crate::{SUITE, SuiteError};

const REPOSITORY: &str = "quay.io/keycloak/keycloak";
const LIMIT: Duration = Duration::from_secs(900);
const QUICK: Duration = Duration::from_secs(20);

/// The image, pulled, if a Docker daemon answers.
pub(super) async fn image() -> Result<String, String> {
    let run = SUITE.run_dir().map_err(|error| error.to_string())?;
    let log = run.join("docker.log");
    docker(&["info"], &log, QUICK)
        .await
        .map_err(|_| "no Docker daemon answers".to_owned())?;
    let image = format!("{REPOSITORY}:{VERSION}");
    if docker(&["image", "inspect", &image], &log, QUICK)
        .await
        .is_err()
    {
        let what = format!("pulling {image} (once)");
        SUITE
            .during(&what, docker(&["pull", "--quiet", &image], &log, LIMIT))
            .await
            .map_err(|error| format!("Docker did not pull it: {error}"))?;
    }
    Ok(image)
}

async fn docker(arguments: &[&str], log: &Path, limit: Duration) -> Result<(), SuiteError> {
    let mut command = Command::new("docker");
    command.args(arguments);
    let mut docker = Supervised::spawn("docker", command, log, &[])?;
    let status = docker.wait(limit).await?;
    if status.success() {
        return Ok(());
    }
    Err(SuiteError::Program {
        program: format!("docker {}", arguments.join(" ")),
        problem: status.to_string(),
        tail: tail(log),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = include_str!("../../../../examples/docker-compose.yml");

    #[test]
    fn the_templates_are_offered_what_they_are_tested_with() {
        let image = format!("image: {REPOSITORY}:{VERSION}\n");
        assert!(COMPOSE.contains(&image), "{image}");
        let mounted = COMPOSE.lines().find_map(|line| {
            let (file, _) = line.trim().strip_prefix("- ../")?.split_once(":/opt/")?;
            Some(file)
        });
        assert_eq!(mounted, Some("tests/keycloak/realm/shop.json"));
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(repository.join(mounted.unwrap()).is_file());
    }
}
