use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most connections of gateways at a time.
const MOST: u64 = 4096;
/// Files for everything else: listeners, connections to the issuer, those of [`ASIDE`].
const KEPT: u64 = 128;
/// How many connections there may be at a time to each of the listeners that are not for gateways.
pub(super) const ASIDE: usize = 32;

/// How many connections of gateways there may be at a time, so that files are left for everything
/// else. Raises the limit to the number of open files of this process, as far as it may and needs to.
pub(super) fn for_gateways() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = maximum.map_or(MOST + KEPT, |maximum| maximum.min(MOST + KEPT));
    let mut files = current.unwrap_or(u64::MAX);
    if files < needed {
        let raised = Rlimit {
            current: Some(needed),
            maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            files = needed;
        }
    }
    let places = places(files);
    if places < MOST {
        tracing::warn!(
            files,
            places,
            "few files may be open at a time, and so few connections of gateways: raise the limit (`ulimit -n`, `LimitNOFILE=`)"
        );
    }
    usize::try_from(places).unwrap_or(usize::MAX)
}

/// Half of a limit that leaves nothing.
fn places(files: u64) -> u64 {
    let least = (files / 2).clamp(1, KEPT);
    files.saturating_sub(KEPT).clamp(least, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_places_as_files_leave_room_for() {
        for (files, expected) in [
            (u64::MAX, 4096),
            (65536, 4096),
            (4224, 4096),
            (1024, 896),
            (256, 128),
            (100, 50),
            (0, 1),
        ] {
            assert_eq!(places(files), expected, "{files}");
        }
    }
}
