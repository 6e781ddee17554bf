//! `docs/readiness.md` has a section for each cause, and nothing that is none.
#![cfg(test)]

use portcullis::Cause;

const PAGE: &str = include_str!("../../../docs/readiness.md");

#[test]
fn every_cause_has_a_section_with_how_bad_it_is_and_what_to_do() {
    let sections: Vec<&str> = PAGE.split("\n### `").skip(1).collect();
    for &cause in Cause::ALL {
        let heading = format!("{}`\n\n", cause.code());
        let section = sections.iter().find_map(|text| text.strip_prefix(&heading));
        let section = section.unwrap_or_else(|| panic!("`{}` is not explained", cause.code()));
        assert!(section.starts_with("Degraded. ") || section.starts_with("Not ready"));
        assert!(section.contains("* **Cure:** "), "`{}`", cause.code());
    }
    assert_eq!(sections.len(), Cause::ALL.len());
}
