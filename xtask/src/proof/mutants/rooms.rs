use std::path::Path;

/// Where mutants are made, below the library: in the rooms where most of what lets somebody in is decided, the most
/// dangerous first.
pub(super) const ROOMS: [&str; 10] = [
    "rejection",
    "binding",
    "verify/jwt",
    "revocation",
    "verify/introspection",
    "verify/hybrid",
    "verify/multi_issuer",
    "verify",
    "authenticate",
    "token_notes.rs",
];
pub(super) const LIBRARY: &str = "crates/portcullis/src";

/// The pattern of the files in a room.
pub(super) fn files(room: &str) -> String {
    let inside = if room.ends_with(".rs") {
        ""
    } else {
        "/**/*.rs"
    };
    format!("{LIBRARY}/{room}{inside}")
}

/// The room that a file is in, by its place in [`ROOMS`] and by its name.
pub(super) fn room(file: &Path) -> (usize, &'static str) {
    let inside = file.strip_prefix(LIBRARY).unwrap_or(file);
    let room = ROOMS.iter().enumerate();
    let mut found = room.filter(|(_, room)| inside.starts_with(room));
    found
        .next()
        .map_or((ROOMS.len(), ""), |(at, room)| (at, *room))
}

/// When it is the turn of a file, if rooms or parts of them are named: in that order, or else in that of [`ROOMS`] if
/// none is. A file that is in none of them has no turn.
pub(super) fn turn(named: &[String], file: &Path) -> Option<usize> {
    if named.is_empty() {
        return Some(room(file).0);
    }
    let inside = file.strip_prefix(LIBRARY).unwrap_or(file);
    named.iter().position(|name| inside.starts_with(name))
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
        assert_eq!(room_of("token_notes.rs"), "token_notes.rs");
    }

    #[test]
    fn a_room_of_one_file_has_that_file() {
        let files_of = |room| files(room).replace(LIBRARY, "");
        assert_eq!(files_of("verify/jwt"), "/verify/jwt/**/*.rs");
        assert_eq!(files_of("token_notes.rs"), "/token_notes.rs");
    }

    #[test]
    fn a_part_of_a_room_may_be_named() {
        let file = Path::new(LIBRARY).join("revocation/logout/mod.rs");
        let turn_in = |named: &[&str]| {
            let named: Vec<_> = named.iter().map(|&name| name.to_owned()).collect();
            turn(&named, &file)
        };
        assert_eq!(turn_in(&["binding", "revocation/logout"]), Some(1));
        assert_eq!(turn_in(&["verify"]), None);
        assert_eq!(turn_in(&[]), Some(3));
    }
}
