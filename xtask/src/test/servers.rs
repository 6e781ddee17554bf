//! The suites with real servers, browsers and clients.

use std::process::Command;

use super::suite::{Suite, Wanting};
use crate::{
    cargo::{cargo, program, shown, target_dir},
    error::XtaskError,
    libtest::LastWords,
    setup, targets,
    watch::{Said, watch_closely},
};

/// What prepares a real server ends with it where the machine lacks what that needs.
const CANNOT: i32 = 3;

/// Some tests of the workspace that stand on real servers.
#[derive(Clone, Copy)]
pub(super) struct RealServers {
    pub(super) tests: Tests,
    /// Installs what the servers need. What it gives back installs what is still missing.
    set_up: fn() -> Result<Option<String>, XtaskError>,
    /// The program, of the same package, that finds out whether they can run.
    prepare: &'static str,
    /// What else is built: what the tests start is built as it is where people start it.
    programs: &'static [&'static [&'static str]],
    /// How many tests run at once; where it is not said, one on each core.
    at_once: Option<&'static str>,
}

/// Which tests they are.
#[derive(Clone, Copy)]
pub(super) enum Tests {
    /// By these names, built as all tests of the workspace are.
    Together(&'static [&'static str]),
    /// Those of the package that stands apart.
    Apart,
}

const GATEWAY: &[&str] = &["--package", "portcullis-gateway"];
const COMMANDS: &[&str] = &["--package", "portcullis-cli"];
pub(super) const EXAMPLES: &[&str] = &["--manifest-path", "examples/Cargo.toml", "--workspace"];

pub(super) const PLAYGROUND: RealServers = RealServers {
    tests: Tests::Apart,
    set_up: || {
        // One of the tests logs in at a Keycloak. Where there is none, it says so.
        setup::keycloak()?;
        setup::chromium()
    },
    prepare: "playground-prepare",
    programs: &[COMMANDS],
    // Each has a browser of its own.
    at_once: Some("2"),
};

pub(super) const GRPC: RealServers = RealServers {
    tests: Tests::Together(&["wire"]),
    set_up: setup::grpc,
    prepare: "grpc-prepare",
    programs: &[],
    at_once: None,
};

pub(super) const REDIS: RealServers = RealServers {
    tests: Tests::Together(&["instances", "redis", "storm"]),
    set_up: setup::redis,
    prepare: "redis-prepare",
    programs: &[],
    // What they do is wait for each other's clocks.
    at_once: Some("8"),
};

pub(super) const NGINX: RealServers = RealServers {
    tests: Tests::Together(&["nginx"]),
    set_up: || {
        // One of the tests rotates the keys of a Keycloak. Where there is none, it says so.
        setup::keycloak()?;
        setup::nginx()
    },
    prepare: "gateway-prepare",
    programs: &[GATEWAY, EXAMPLES],
    // Beside other tests, requests would not come at the rate that is promised.
    at_once: Some("1"),
};

pub(super) const ENVOY: RealServers = RealServers {
    tests: Tests::Together(&["envoy"]),
    set_up: setup::envoy,
    prepare: "envoy-prepare",
    programs: &[GATEWAY],
    at_once: None,
};

pub(super) const OIDC_PROVIDER: RealServers = RealServers {
    tests: Tests::Together(&["oidc-provider"]),
    set_up: setup::oidc_provider,
    prepare: "oidc-provider-prepare",
    programs: &[],
    at_once: None,
};

pub(super) const KEYCLOAK: RealServers = RealServers {
    tests: Tests::Together(&["keycloak"]),
    set_up: || {
        // Instances share what they learn over Redis. Where there is none, those tests say so.
        setup::redis()?;
        // The doctor is shown another time. Where that cannot be done, those tests say so.
        setup::faketime()?;
        setup::keycloak()
    },
    prepare: "keycloak-prepare",
    programs: &[COMMANDS, EXAMPLES],
    at_once: None,
};

pub(super) const FAULTS: RealServers = RealServers {
    tests: Tests::Together(&["faults"]),
    set_up: || {
        let cures = [setup::redis()?, setup::keycloak()?];
        Ok(cures.into_iter().flatten().next())
    },
    prepare: "faults-prepare",
    programs: &[],
    at_once: None,
};

impl RealServers {
    /// The same for something that needs more on the machine than their tests.
    pub(super) fn set_up_by(self, set_up: fn() -> Result<Option<String>, XtaskError>) -> Self {
        Self { set_up, ..self }
    }

    /// Runs the tests, once everything that they stand on is there.
    pub(super) fn run(&self, suite: &mut Suite) -> Result<(), XtaskError> {
        if !self.are_ready(suite)? {
            return Ok(());
        }
        for program in self.programs {
            if !suite.must(cargo("build").args(*program))? {
                return Ok(());
            }
        }
        let mut tests = self.cargo_test();
        tests.arg("--no-fail-fast");
        if let Some(at_once) = self.at_once {
            tests.args(["--", "--test-threads", at_once]);
        }
        suite.tests(&mut tests)
    }

    /// Whether they can run. The program that finds out is built with the tests, and as they are.
    pub(super) fn are_ready(&self, suite: &mut Suite) -> Result<bool, XtaskError> {
        let cure = (self.set_up)()?;
        if !suite.must(self.cargo_test().arg("--no-run"))? {
            return Ok(false);
        }
        let mut prepare = program(target_dir().join("debug").join(self.prepare));
        let (mut words, mut last_words) = (Vec::new(), LastWords::default());
        let ending = watch_closely(&mut prepare, |said| {
            if let Said::Out(text) = said {
                words.push(text.to_owned());
            }
            last_words.line(said);
        })?;
        if ending.code() == Some(CANNOT) {
            suite.wanting = Some(Wanting {
                why: reason(&words),
                cure,
            });
        } else if !ending.is_success() {
            let what = format!("`{}` failed: {ending}", shown(&prepare));
            suite.fail(&last_words.below(&what));
        }
        Ok(ending.is_success())
    }

    fn cargo_test(&self) -> Command {
        match self.tests {
            Tests::Together(names) => {
                let mut command = targets::tests();
                command.args(targets::selected(names.iter().copied()));
                command
            }
            Tests::Apart => {
                let mut command = cargo("test");
                command.args(["--package", targets::APART]);
                command
            }
        }
    }
}

/// What was said about a server that cannot run, without the mark it begins with and the name.
fn reason(said: &[String]) -> String {
    let said = said.join(" ");
    let marked = said.strip_prefix("SKIPPED: ");
    let reason = marked.and_then(|marked| marked.split_once(": "));
    reason.map_or(&*said, |(_, reason)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_suite_that_cannot_run_is_given_plainly() {
        let marked = "SKIPPED: keycloak: no Java 17 here".to_owned();
        assert_eq!(reason(&[marked]), "no Java 17 here");
        let marked = "SKIPPED: oidc-provider: npm: none".to_owned();
        assert_eq!(reason(&[marked]), "npm: none");
        assert_eq!(reason(&["something else".to_owned()]), "something else");
        assert_eq!(reason(&[]), "");
    }
}
