//! W. HTTP surroundings: caching, CORS, HTTP/2, WebSocket, routing, logs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod caching;
mod cors;
mod expiry;
mod frames;
mod http2;
mod identity_headers;
mod logs;
mod routing;
mod support;
mod upgrades;
