use std::fmt;

use aws_lc_rs::rand;

use crate::RedisConfigError;

/// Who writes into a stream: one process, for as long as it lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct WriterId([u8; Self::LENGTH]);

impl WriterId {
    pub(crate) const LENGTH: usize = 16;

    /// One that nobody else has.
    pub(crate) fn random() -> Result<Self, RedisConfigError> {
        let mut id = [0; Self::LENGTH];
        rand::fill(&mut id).map_err(|_| RedisConfigError::Randomness)?;
        Ok(Self(id))
    }

    pub(super) const fn from_bytes(id: [u8; Self::LENGTH]) -> Self {
        Self(id)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
