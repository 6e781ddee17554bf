//! What the conformance tests stand on: an embedded authorization server and a protected router
//! that share one clock, which stands still.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test that cannot set up its world fails by panicking"
)]

mod answering_client;
mod captured_log;
mod challenge;
mod crowd;
mod encoded;
mod instance;
mod instances;
mod key_server;
mod listening_verifier;
mod live;
mod local;
mod log_query;
mod queueing;
mod raw_rsa;
mod recorded;
mod reply;
mod until;
mod watched_client;
mod wire;
mod world;

pub use self::{
    answering_client::AnsweringClient,
    captured_log::{CapturedLog, LogLine},
    challenge::{Challenge, challenges},
    crowd::{Crowd, getting, posting_active},
    encoded::{base64url, from_base64url, parts, resigned, signed_as_spelled, with_signature},
    instance::{Instance, notify, pass_start},
    instances::{MemoryFeed, MemoryStore, state_keys},
    key_server::{Held, KeyServer},
    listening_verifier::ListeningVerifier,
    live::{poll_once, post_active},
    local::LocalWorld,
    queueing::queueing,
    raw_rsa::RawRsaKey,
    recorded::Recorded,
    reply::{Reply, get, send},
    until::until,
    watched_client::{Mishap, WatchedClient},
    wire::Wire,
    world::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, FRONT_END, T0, World, protected},
};
