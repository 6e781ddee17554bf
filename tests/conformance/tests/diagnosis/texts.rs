//! What is said of each reason, to whoever may read it.

use std::{fs, path::Path};

use portcullis::{Reason, Rejection};

/// Each reason has a sentence of its own, and one that says what to do.
#[test]
fn each_reason_is_explained_and_has_a_cure() {
    for (place, reason) in Reason::ALL.iter().copied().enumerate() {
        for text in [reason.explanation(), reason.cure()] {
            assert!(is_prose(text), "{reason:?}: {text:?}");
        }
        for other in &Reason::ALL[..place] {
            assert_ne!(reason.explanation(), other.explanation());
        }
    }
}

/// Whole sentences in ASCII, so that they may stand anywhere.
fn is_prose(text: &str) -> bool {
    text.len() > 10
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.ends_with('.')
        && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && !text.contains("  ")
}

/// An operator who looks for a setting finds it.
#[test]
fn each_setting_that_is_named_is_there() {
    let mut sources = String::new();
    for name in ["portcullis", "portcullis-axum"] {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        read_all(
            &manifest.join("../../crates").join(name).join("src"),
            &mut sources,
        );
    }
    for reason in Reason::ALL.iter().copied() {
        for (place, setting) in reason.settings().iter().enumerate() {
            let item = match setting.starts_with(char::is_uppercase) {
                true => "struct",
                false => "fn",
            };
            let is_there = ["(", "<", " {", ";"]
                .iter()
                .any(|next| sources.contains(&format!("pub {item} {setting}{next}")));
            assert!(is_there, "{reason:?} names `{setting}`");
            assert!(!reason.settings()[..place].contains(setting), "{reason:?}");
        }
    }
}

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// What is known of one request is not in what may be shown.
#[test]
fn a_diagnosis_shows_fixed_text_and_keeps_its_detail() {
    for reason in Reason::ALL.iter().copied() {
        let rejection = Rejection::because(reason, "orders-api at https://id.example.com");
        let diagnosis = rejection.diagnosis();
        assert_eq!(diagnosis.reason(), reason);
        assert_eq!(diagnosis.explanation(), reason.explanation());
        assert_eq!(diagnosis.settings(), reason.settings());
        assert_eq!(diagnosis.cure(), reason.cure());
        assert_eq!(diagnosis.detail(), "orders-api at https://id.example.com");
        let shown = format!("{} {}", reason.explanation(), reason.cure());
        assert_eq!(diagnosis.to_string(), shown);
        assert_eq!(rejection.to_string(), reason.code());
    }
}

#[test]
fn a_reason_says_by_itself_what_its_rejection_says() {
    for reason in Reason::ALL.iter().copied() {
        let rejection = Rejection::new(reason);
        assert_eq!(rejection.status(), reason.status());
        assert_eq!(rejection.grpc_code(), reason.grpc_code());
        assert_eq!(rejection.description(), reason.description());
        assert_eq!(rejection.diagnosis().detail(), "");
    }
}
