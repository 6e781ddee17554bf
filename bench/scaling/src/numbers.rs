/// Numbers without a pattern, the same on every run (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below `limit`.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        (self.draw() % u64::from(limit.max(1))) as u32
    }

    /// One between 0 and 1, neither included.
    pub(crate) fn fraction(&mut self) -> f64 {
        ((self.draw() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// The wait for the next of what comes at random, `mean` apart.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        -self.fraction().ln() * mean
    }
}
