//! The extractors over a real router: what handlers are given, and what clients see when they
//! are not run. One file a topic; `support` has the verifier they share.

#[cfg(test)]
mod active;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod layer_missing;
#[cfg(test)]
mod order;
#[cfg(test)]
mod support;
#[cfg(test)]
mod token;
