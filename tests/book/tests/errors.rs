//! `docs/errors.md` has a section for each reason, and says what a client really gets.
#![cfg(test)]

use std::collections::BTreeMap;

use portcullis::Reason;

const PAGE: &str = include_str!("../../../docs/errors.md");

/// What stands below the heading of each code.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let sections = PAGE.split("\n### `").skip(1);
    let sections = sections.map(|section| section.split_once("`\n\n").unwrap());
    sections.collect()
}

#[test]
fn every_reason_has_a_section_with_what_the_client_gets() {
    let sections = sections();
    for &reason in Reason::ALL {
        let answer = format!(
            "{} · gRPC {} · “{}”\n\n",
            reason.status().as_u16(),
            reason.grpc_code(),
            reason.description()
        );
        let section = sections.get(reason.code());
        let section = section.unwrap_or_else(|| panic!("`{}` is not explained", reason.code()));
        assert!(
            section.starts_with(&answer),
            "`{}` is answered with {answer}",
            reason.code()
        );
        let advice = section.contains("**Cure:**") || section.contains("**Check**");
        assert!(advice, "`{}` has no cure", reason.code());
        for setting in reason.settings() {
            let named = section.contains(&format!("`{setting}`"));
            assert!(named, "`{}` does not name `{setting}`", reason.code());
        }
    }
}

#[test]
fn nothing_is_explained_that_does_not_exist() {
    let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for code in sections().keys() {
        assert!(codes.contains(code), "`{code}`");
    }
}
