//! What strangers, odd servers and stuck tasks must not do to everybody else's introspection.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod circuit;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod stale;
#[cfg(test)]
mod stuck;
#[cfg(test)]
mod support;
