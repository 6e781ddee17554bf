//! What `cargo generate` asks before it fills a template in, and the answers that are tried here.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

/// As much of `cargo-generate.toml` as this template uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[expect(dead_code, reason = "it is for cargo-generate itself")]
    template: toml::Table,
    placeholders: BTreeMap<String, Placeholder>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholder {
    #[serde(rename = "type")]
    kind: String,
    prompt: String,
    #[serde(default)]
    choices: Vec<String>,
    default: String,
    regex: Option<String>,
}

/// One set of answers: a project's name, and a value for each placeholder.
pub(super) type Answers = Vec<(String, String)>;

impl Manifest {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, placeholder) in &manifest.placeholders {
            placeholder
                .check()
                .map_err(|why| format!("`{name}` {why}"))?;
        }
        Ok(manifest)
    }

    /// The default answers, once with each choice in place of its placeholder's default; by the names
    /// of the projects.
    pub(super) fn every_choice(&self) -> BTreeMap<String, Answers> {
        let mut projects = BTreeMap::new();
        for (name, placeholder) in &self.placeholders {
            for choice in &placeholder.choices {
                let project = format!("{choice}-service");
                let mut answers: Answers = vec![
                    ("project-name".to_owned(), project.clone()),
                    ("crate_name".to_owned(), project.replace('-', "_")),
                ];
                answers.extend(self.placeholders.iter().map(|(other, placeholder)| {
                    let is_chosen = other == name;
                    let answer = if is_chosen {
                        choice
                    } else {
                        &placeholder.default
                    };
                    (other.clone(), answer.clone())
                }));
                projects.insert(project, answers);
            }
        }
        projects
    }
}

impl Placeholder {
    fn check(&self) -> Result<(), &'static str> {
        let regex = self.regex.as_deref().map(Regex::new).transpose();
        let regex = regex.map_err(|_| "has a regex that is none")?;
        if regex.is_some_and(|regex| !regex.is_match(&self.default)) {
            return Err("has a default that its regex refuses");
        }
        if self.kind != "string" {
            return Err("is of a type that is not tried here");
        }
        if self.prompt.is_empty() {
            return Err("asks nothing");
        }
        if !self.choices.is_empty() && !self.choices.contains(&self.default) {
            return Err("has a default that is none of its choices");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        [template]
        [placeholders.kind]
        type = "string"
        prompt = "Which?"
        choices = ["a", "b"]
        default = "a"
        [placeholders.name]
        type = "string"
        prompt = "Whose?"
        default = "ali"
    "#;

    #[test]
    fn each_choice_is_tried_with_the_defaults_of_all_others() {
        let projects = Manifest::parse(TWO).unwrap().every_choice();
        let names: Vec<_> = projects.keys().map(String::as_str).collect();
        assert_eq!(names, ["a-service", "b-service"]);
        let answers = &projects["b-service"];
        for (name, value) in [
            ("project-name", "b-service"),
            ("crate_name", "b_service"),
            ("kind", "b"),
            ("name", "ali"),
        ] {
            assert!(
                answers.contains(&(name.to_owned(), value.to_owned())),
                "{name}"
            );
        }
    }

    #[test]
    fn a_default_has_to_be_what_its_regex_asks_for() {
        let with = |regex: &str| format!("{TWO}regex = \"{regex}\"\n");
        assert!(Manifest::parse(&with("^[a-z]+$")).is_ok());
        for wrong in ["^[0-9]+$", "["] {
            assert!(Manifest::parse(&with(wrong)).is_err(), "{wrong}");
        }
    }

    /// What stands in texts of Rust, in commands and in tables, and ends none of them.
    #[test]
    fn no_answer_ends_the_text_that_it_stands_in() {
        let manifest = include_str!("../../../examples/template/cargo-generate.toml");
        let manifest = Manifest::parse(manifest).unwrap();
        for (name, begun) in [
            ("issuer", "https://id.example.com/"),
            ("audience", "orders"),
        ] {
            let regex = manifest.placeholders[name].regex.as_deref().unwrap();
            let regex = Regex::new(regex).unwrap();
            assert!(regex.is_match(begun), "{begun}");
            for sign in " \n\\\"'`$;&|<>(){}*?#!".chars() {
                let answer = format!("{begun}{sign}x");
                assert!(!regex.is_match(&answer), "{answer}");
            }
        }
    }

    #[test]
    fn a_default_has_to_be_a_choice() {
        let wrong = TWO.replace("default = \"a\"", "default = \"c\"");
        assert!(Manifest::parse(&wrong).is_err());
    }
}
