use std::path::Path;

/// Where mutants are made, below the library: in the rooms where most of what lets somebody in is decided, the most
/// dangerous first.
pub(super) const ROOMS: [&str; 9] = [
    "rejection",
    "binding",
    "verify/jwt",
    "revocation",
    "verify/introspection",
    "verify/hybrid",
    "verify/multi_issuer",
    "verify",
    "authenticate",
];
pub(super) const LIBRARY: &str = "crates/portcullis/src";

/// The room that a file is in, by its place in [`ROOMS`] and by its name.
pub(super) fn room(file: &Path) -> (usize, &'static str) {
    let inside = file.strip_prefix(LIBRARY).unwrap_or(file);
    let room = ROOMS.iter().enumerate();
    let mut found = room.filter(|(_, room)| inside.starts_with(room));
    found
        .next()
        .map_or((ROOMS.len(), ""), |(at, room)| (at, *room))
}

/// Whether a file is in one of the rooms, or parts of them, that are named; in any if none is.
pub(super) fn is_in(named: &[String], file: &Path) -> bool {
    let inside = file.strip_prefix(LIBRARY).unwrap_or(file);
    named.is_empty() || named.iter().any(|name| inside.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_the_narrowest_room() {
        let room_of = |name| room(&Path::new(LIBRARY).join(name)).1;
        assert_eq!(room_of("verify/jwt/header.rs"), "verify/jwt");
        assert_eq!(room_of("verify/shape.rs"), "verify");
        assert_eq!(room_of("revocation/logout/mod.rs"), "revocation");
    }

    #[test]
    fn a_part_of_a_room_may_be_named() {
        let file = Path::new(LIBRARY).join("revocation/logout/mod.rs");
        assert!(is_in(&[], &file) && is_in(&["binding".into(), "revocation/logout".into()], &file));
        assert!(!is_in(&["verify".into()], &file));
    }
}
