use std::{fmt, str::FromStr};

/// The part `at` of `of`, counted from nought, as cargo-mutants does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    at: u32,
    of: u32,
}

impl Shard {
    pub(super) const ALL: Self = Self { at: 0, of: 1 };

    /// How many parts there are.
    pub(super) fn parts(self) -> usize {
        usize::try_from(self.of).unwrap_or(usize::MAX)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, of) = text.split_once('/').ok_or("a shard is written as `3/40`")?;
        let number = |text: &str| text.parse::<u32>().map_err(|error| error.to_string());
        let shard = Self {
            at: number(at)?,
            of: number(of)?,
        };
        if shard.at < shard.of {
            Ok(shard)
        } else {
            Err("they are counted from nought, and so the first is less than the second".into())
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_those_there_are() {
        assert_eq!("3/40".parse(), Ok(Shard { at: 3, of: 40 }));
        assert_eq!(
            "3/40".parse::<Shard>().map(|shard| shard.to_string()),
            Ok("3/40".into())
        );
        for wrong in ["40/40", "3", "-1/2", "a/b", "0/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
