use std::time::{SystemTime, UNIX_EPOCH};

/// An id as Keycloak makes them, the same for the same number.
#[must_use]
pub fn uuid(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
        mixed >> 32,
        (mixed >> 16) & 0xffff,
        mixed & 0xfff,
        (mixed >> 4) & 0xfff,
        mixed & 0xffff_ffff_ffff
    )
}

/// Milliseconds since 1970.
#[must_use]
pub fn milliseconds() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis())
}

/// Numbers without a pattern that a processor could learn, the same on every run.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// A series of its own for each seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (SplitMix64).
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next_number() % limit.max(1) as u64) as usize
    }

    /// One between 0 and 1, neither included.
    pub fn fraction(&mut self) -> f64 {
        ((self.next_number() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}
