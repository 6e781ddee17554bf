//! What every route answers while something between it and Keycloak or Redis is broken: never 200 for a
//! token that may be over, never 401 for one that is good, 503 where it cannot be known, and all is well
//! again, without a restart, once the fault is over. One Keycloak for the whole run, started by the first
//! test that needs it.

#[cfg(test)]
mod clock;
#[cfg(test)]
mod descriptors;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod service;
