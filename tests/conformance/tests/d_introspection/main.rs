//! Section D: introspection request and response (RFC 7662).

#[cfg(test)]
mod answers;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod phantom;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod support;
