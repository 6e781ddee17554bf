/// A service of many instances, and what is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    /// How many instances there are.
    pub replicas: u32,
    /// Requests per second, all instances together.
    pub requests_per_second: f64,
    /// How many tokens are in use at a time.
    pub tokens: u32,
    /// How long a token lives, in seconds. Another takes its place then.
    pub life: f64,
}

/// What a fleet costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Calls per second to the authorization server, of all replicas together.
    pub calls: f64,
    /// The share of requests whose token their replica has not seen before: each costs a signature
    /// check.
    pub first_sights: f64,
    /// Tokens that a replica has seen and that are not over, on average.
    pub tokens_per_replica: f64,
    /// Seconds that an ended session is still served somewhere, on average.
    pub mean_gap: f64,
    /// And at the most.
    pub worst_gap: f64,
}

/// When the server is asked about a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Asking {
    /// Never: it is good until it expires.
    Never,
    /// By the first request whose answer is older than so many seconds: each replica for itself.
    /// That is a cache of introspection answers that are kept so long, and rechecks in that window.
    EachReplica(f64),
    /// The same, where the replicas share what they learn.
    Shared(f64),
    /// On every request.
    Always,
}

impl Fleet {
    /// Requests per second with one token that one replica sees; or those that remember as one.
    pub(crate) fn rate_of_token(&self, places: u32) -> f64 {
        self.requests_per_second / f64::from(self.tokens) / f64::from(places)
    }
}
