use std::sync::Arc;

use super::{Demands, Methods, PathPattern};
use crate::upstream::Upstream;

/// Who may send which requests.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rule {
    /// The paths that it is about.
    pub path: PathPattern,
    /// The methods that it is about.
    pub methods: Methods,
    /// Who may.
    pub access: Access,
    /// What serves these requests, and which token it gets.
    pub upstream: Arc<Upstream>,
}

/// Who may send the requests of a rule.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Access {
    /// Everybody. No token is looked at, and none reaches the upstream.
    Public,
    /// Whoever has a good token that meets these demands.
    Token(Demands),
}

impl Rule {
    /// A rule for these requests, whose upstream gets no token.
    #[must_use]
    pub fn new(path: PathPattern, methods: Methods, access: Access) -> Self {
        Self {
            path,
            methods,
            access,
            upstream: Arc::default(),
        }
    }
}
