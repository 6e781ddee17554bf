//! The templates in `examples/`, as those who copy them meet them: generated from the folder that
//! `cargo generate` takes, and built with the newest dependencies.

mod folder;
mod generate;
mod lock;
mod newest;
mod placeholders;

pub(crate) use self::generate::generated;
use crate::{
    Verdict,
    error::XtaskError,
    libtest::{Line, Tally},
    watch::watch,
};

/// `cargo xtask templates`: the generated ones on the committed lock, or with `newest` all of them on
/// the newest dependencies.
pub(crate) fn run(newest: bool) -> Result<Verdict, XtaskError> {
    if newest {
        return newest::run();
    }
    let mut good = true;
    for mut command in generated()? {
        good &= watch(&mut command, |_| {})?.is_success();
    }
    Ok(Verdict::good_if(good))
}

/// Runs tests; how many did what, and whether the run came to its end.
fn tests(command: &mut std::process::Command) -> Result<(Tally, bool), XtaskError> {
    let mut tally = Tally::default();
    let ending = watch(command, |line| {
        if let Some(Line::Summary(more)) = Line::parse(line) {
            tally += more;
        }
    })?;
    Ok((tally, ending.is_success()))
}
