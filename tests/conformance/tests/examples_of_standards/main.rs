//! The examples of the standards, as they are printed there. Hardly one is signed by a key that is
//! published, so most are signed here, header and claims unchanged; those that come with a signature are
//! refused for the reason that is theirs.

#[cfg(test)]
mod access_tokens;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod security_events;
#[cfg(test)]
mod support;
