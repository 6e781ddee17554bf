use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// At what age a document that may become so old is fetched again in the background: somewhere between
/// 70 and 90 per cent of that, drawn for each document, so that the instances of a service do not all
/// fetch at the same moment.
pub(crate) fn refresh_point(life: Duration) -> Duration {
    let drawn = RandomState::new().hash_one(());
    let thousandths = u32::try_from(drawn % 201).map_or(800, |drawn| 700 + drawn);
    (life / 1000).saturating_mul(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_refresh_point_is_drawn_within_its_bounds() {
        for life in [SECOND, 60 * SECOND, 600 * SECOND, Duration::MAX] {
            let points: Vec<_> = (0..1000).map(|_| refresh_point(life)).collect();
            let (earliest, latest) = (life / 1000 * 700, life / 1000 * 900);
            assert!(
                points
                    .iter()
                    .all(|point| (earliest..=latest).contains(point))
            );
            let early = points.iter().filter(|point| **point < life / 1000 * 800);
            assert!((1..1000).contains(&early.count()), "{life:?}");
        }
    }
}
