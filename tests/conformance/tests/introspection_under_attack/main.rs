//! What strangers, odd servers and stuck tasks must not do to everybody else's introspection.

mod doubt;
mod lanes;
mod refusals;
mod stuck;
