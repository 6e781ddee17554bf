//! `portcullis-gateway` behind a real Envoy that runs with what it prints.

#[cfg(test)]
mod grpc;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod world;
