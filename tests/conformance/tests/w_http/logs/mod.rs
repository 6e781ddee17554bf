//! No token and no secret in any log line, in any Debug or in any error.

mod everything;
mod paths;
mod printed;
mod requests;
mod scene;
mod secrets;
