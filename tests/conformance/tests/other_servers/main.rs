//! Servers that do some things otherwise, imitated from what they were seen to send: what works at
//! once, what needs a switch that is named for them, and that the switch is off until it is named.
//! Keycloak and oidc-provider have suites of their own, against the real ones.

#[cfg(test)]
mod canaille;
#[cfg(test)]
mod dex;
#[cfg(test)]
mod django;
#[cfg(test)]
mod glewlwyd;
#[cfg(test)]
mod hydra;
#[cfg(test)]
mod mocks;
#[cfg(test)]
mod spring;
#[cfg(test)]
mod support;
#[cfg(test)]
mod zitadel;
