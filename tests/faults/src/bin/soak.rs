//! `soak MINUTES RATE [SEED]`: load on real parts, with faults in it. It leaves `soak.json` and `soak.svg` in
//! the folder of the suite. Exit status 0: all is good. 1: it is not. 2: it could not be done.

use std::{env, process::ExitCode};

use portcullis_faults_suite::{
    SUITE, SuiteError,
    soak::{Plan, run},
};

const SEED: u64 = 10;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match plan() {
        Ok(plan) => run(plan).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            SUITE.say(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn plan() -> Result<Plan, SuiteError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |index: usize, otherwise: u64| {
        let argument = arguments.get(index);
        argument.map_or(Ok(otherwise), |text| {
            text.parse::<u64>().map_err(|_| {
                SuiteError::Misconfigured(format!("`{text}` is no number: `soak 20 2000`"))
            })
        })
    };
    Ok(Plan {
        minutes: number(0, 20)?.try_into().unwrap_or(u32::MAX),
        rate: number(1, 2000)?.try_into().unwrap_or(u32::MAX),
        seed: number(2, SEED)?,
    })
}
