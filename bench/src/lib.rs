//! What the benchmarks have in common: tokens and those who sign them, an authorization server on
//! loopback, the services that requests go through, and how they are measured side by side.
//!
//! | program | measures |
//! |---|---|
//! | `benches/instructions` | instructions per request, by callgrind: the figures that are recorded and compared |
//! | `benches/wall_time` | time per request, by criterion |
//! | `peers` | the same tokens through us and through the peers, in one run: time, allocations, requests over HTTP |
//! | `cost` | memory, and what a million tokens, a million revocations and a hundred issuers change |
//! | `scaling` | nothing: a model of calls, memory and gap, and the simulation it is held against |
//! | `report` | nothing: the table, `report.json`, the charts and the figures in `docs/` |

mod authorization_server;
mod case;
mod fixed;
mod ids;
mod in_turn;
mod no_op;
mod revocations;
mod route;
mod samples;
mod service;
mod signer;
mod token;
mod token_cache;

pub use crate::{
    authorization_server::{AuthorizationServer, CLIENT},
    case::Case,
    fixed::{FIXED_ISSUER, FixedTokens, fixed_issuer, instant_issuer, instant_issuer_with_news},
    ids::{Numbers, milliseconds, uuid},
    in_turn::{Cases, Effort, Work, is_quick, probe, request, requests},
    no_op::{NoOp, NoOpLayer},
    revocations::{Flood, Revocations},
    route::{Roles, ShopUser, active, authenticated, bare as bare_route, behind_no_op},
    samples::{Rounds, Samples, median, median_of_pairs},
    service::{Body, bare},
    signer::{Algorithm, Signer, key_set},
    token::{AUDIENCE, Life, OPAQUE_TOKEN, claims, signed},
    token_cache::with_token_cache,
};

/// Why something could not be measured.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
