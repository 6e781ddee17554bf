//! A hundred thousand revocations at once, while an instance dies and comes back. By itself: it takes
//! all the processors there are.

#[cfg(test)]
mod revocations;
#[cfg(test)]
mod service;
