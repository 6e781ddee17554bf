//! The suite against a real Keycloak: one server for the whole run, started by the first test
//! that needs it. `harness` and `surprises` talk to Keycloak alone; everything else drives the
//! `axum-keycloak` example over HTTP.

#[cfg(test)]
mod algorithms;
#[cfg(test)]
mod client_credentials;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod lightweight;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod surprises;
