//! Load at a steady rate for as long as one likes, while keys rotate, sessions end, and Keycloak, Redis and a
//! replica are killed and come back. An oracle knows of each token from when on which answer is wrong.
//!
//! | noun | what it is |
//! |---|---|
//! | `scene` | Keycloak, Redis, and two replicas, of which one is told of logouts |
//! | `token` | a token, and what became of it |
//! | `population` | the tokens that are in use, issued and ended as by people |
//! | `faults` | when what was broken on purpose |
//! | `incidents` | who breaks it |
//! | `load`, `client`, `garbage` | requests, by the clock and not by the answers |
//! | `oracle` | what an answer is worth |
//! | `samples`, `report`, `chart` | what the told replica holds meanwhile, and what comes of it all |

mod chart;
mod client;
mod faults;
mod garbage;
mod incidents;
mod load;
mod oracle;
mod population;
mod report;
mod samples;
mod scene;
mod token;

use std::{
    fs,
    time::{Duration, Instant},
};

use portcullis_real_servers::until;

use self::{
    faults::Faults,
    incidents::Incidents,
    load::Load,
    oracle::Oracle,
    population::Population,
    report::{Report, Resources},
    samples::Samples,
    scene::Scene,
};
use crate::{SUITE, SuiteError};

/// How long connections that nobody uses may stay after the load.
const CALM_LIMIT: Duration = Duration::from_secs(120);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// For how many minutes.
    pub minutes: u32,
    /// How many requests a second.
    pub rate: u32,
    /// What the order of everything is drawn from.
    pub seed: u64,
}

impl Plan {
    fn length(&self) -> Duration {
        Duration::from_secs(u64::from(self.minutes) * 60)
    }
}

/// Does it, and leaves `soak.json` and `soak.svg` in the folder of the suite. Whether all is good.
///
/// # Errors
/// When it cannot be done: an answer that is wrong is none.
pub async fn run(plan: Plan) -> Result<bool, SuiteError> {
    let scene = SUITE.during("setting the scene", Scene::set()).await?;
    let begun = Instant::now();
    let faults = Faults::default();
    let population = Population::new(&scene, plan.seed);
    population.begin().await?;
    let warming = scene.warm_up(&population);
    SUITE.during("warming up", warming).await;
    // Connections to Keycloak and Redis are kept for a while, as they are at the end.
    let warm = scene.resources().await?;
    let filling = population.fill();
    SUITE.during("issuing tokens", filling).await?;
    let before = Resources {
        descriptors: warm.descriptors,
        ..scene.resources().await?
    };
    let oracle = Oracle::new(faults.clone());
    let samples = Samples::begin(&scene);
    let load = Load::begin(&scene, &population, &oracle, plan);
    let incidents = Incidents::begin(&scene, &population, &faults, plan);
    tell_until(plan, &oracle, &load).await;
    let counts = incidents.end().await?;
    let sent = load.end().await;
    let samples = samples.end();
    let after = calm(&scene, before).await?;
    scene.end().await?;
    let report = Report::of(plan, &counts, &sent, &oracle, &samples, (before, after));
    let folder = SUITE.dir()?;
    let file = folder.join("soak.json");
    fs::write(&file, report.json()).map_err(SuiteError::file("writing", &file))?;
    let file = folder.join("soak.svg");
    let svg = chart::draw(&samples, &faults.spans(samples.begun()))?;
    fs::write(&file, svg).map_err(SuiteError::file("writing", &file))?;
    for line in report.remarks().iter().chain(&oracle.wrong()) {
        SUITE.say(line);
    }
    SUITE.say(&format!("{:.0} s in all", begun.elapsed().as_secs_f64()));
    Ok(report.is_good())
}

/// Says every half minute how it goes.
async fn tell_until(plan: Plan, oracle: &Oracle, load: &Load) {
    const EVERY: Duration = Duration::from_secs(30);
    let begun = Instant::now();
    while let Some(rest) = plan.length().checked_sub(begun.elapsed()) {
        if rest.is_zero() {
            break;
        }
        tokio::time::sleep(rest.min(EVERY)).await;
        SUITE.say(&format!(
            "{:.0} s: {} answers, {} wrong",
            begun.elapsed().as_secs_f64(),
            load.answered(),
            oracle.wrong().len()
        ));
    }
}

/// Waits until the told replica holds no more than before the load; what it holds if that does not come.
async fn calm(scene: &Scene, before: Resources) -> Result<Resources, SuiteError> {
    let calmed = until("a replica at rest", CALM_LIMIT, async || {
        let now = scene.resources().await?;
        let is_calm = now.descriptors <= before.descriptors && now.tasks <= before.tasks;
        Ok(is_calm.then_some(now))
    })
    .await;
    match calmed {
        Err(SuiteError::TimedOut { .. }) => scene.resources().await,
        other => other,
    }
}
