//! What is counted, what readiness says, and that the dashboard shows it.

#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod security_events;
