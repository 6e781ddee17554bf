//! The suite against a real Keycloak: one server for the whole run, started by the first test
//! that needs it. `harness`, `surprises` and `assertions` talk to Keycloak alone; most others
//! drive the `axum-keycloak` example over HTTP, and what that has no setting for runs in process
//! (`service`).

#[cfg(test)]
mod algorithms;
#[cfg(test)]
mod assertions;
#[cfg(test)]
mod authorization_services;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod client_credentials;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod dpop;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod holder;
#[cfg(test)]
mod instant_logout;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod lightweight;
#[cfg(test)]
mod log;
#[cfg(test)]
mod mutual_tls;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod outage_table;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod phantom;
#[cfg(test)]
mod playground;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod security_events;
#[cfg(test)]
mod service;
#[cfg(test)]
mod step_up;
#[cfg(test)]
mod surprises;
