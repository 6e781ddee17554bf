//! What the page shows.

use std::time::Instant;

use serde::Serialize;

use super::{Playground, authority::Authority, protected::Way, tokens::Shown};

/// Everything that the page shows and did not see happen.
#[derive(Debug, Serialize)]
pub(super) struct Scene {
    /// Milliseconds since the playground began: what all moments are counted in.
    at_ms: f64,
    issuer: String,
    /// Whether it can be stopped and told to rotate its keys.
    is_embedded: bool,
    is_running: bool,
    token: Option<Shown>,
    /// What kept the last login from giving a token, or what there is to know of it.
    remark: Option<String>,
    ways: Vec<Standing>,
}

#[derive(Debug, Serialize)]
struct Standing {
    way: Way,
    path: &'static str,
    calls_so_far: u64,
}

impl Playground {
    /// A moment as the page counts them.
    pub(super) fn at(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.began).as_secs_f64() * 1000.0
    }

    pub(super) async fn scene(&self) -> Scene {
        let (is_embedded, is_running, remark) = match &self.authority {
            Authority::Embedded(server) => (true, server.is_running().await, None),
            Authority::Yours(server) => (false, true, server.remark()),
        };
        let standing = |way: Way| Standing {
            way,
            path: way.path(),
            calls_so_far: self.caller.calls_so_far(way),
        };
        Scene {
            at_ms: self.at(Instant::now()),
            issuer: self.authority.issuer().to_owned(),
            is_embedded,
            is_running,
            token: self.tokens.newest(|moment| self.at(moment)),
            remark,
            ways: Way::ALL.map(standing).into(),
        }
    }
}
