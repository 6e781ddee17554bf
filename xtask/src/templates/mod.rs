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

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cargo::workspace_root;

    /// Whose files a template's are copies of. Where connections speak something else, or gRPC tells of
    /// the health, they are others.
    fn model(template: &str, file: &str) -> String {
        match (template, file) {
            ("axum-mutual-tls", "serve.rs") => template.to_owned(),
            (template, _) if template.contains("tonic") => "tonic-keycloak".to_owned(),
            _ => "axum-keycloak".to_owned(),
        }
    }

    /// Each template is copied by itself and so has its own; what is mended in one is mended in all.
    #[test]
    fn all_templates_serve_and_stop_in_one_way() {
        let examples = workspace_root().join("examples");
        for file in ["serve.rs", "stop.rs"] {
            let read = |template: &str| {
                fs::read_to_string(examples.join(template).join("src").join(file)).ok()
            };
            let mut seen = 0;
            for folder in fs::read_dir(&examples).unwrap() {
                let template = folder.unwrap().file_name().into_string().unwrap();
                if let Some(text) = read(&template) {
                    let model = read(&model(&template, file)).unwrap();
                    assert!(text == model, "{file} of {template}");
                    seen += 1;
                }
            }
            assert!(seen >= 10, "{file}: {seen}");
        }
    }
}
