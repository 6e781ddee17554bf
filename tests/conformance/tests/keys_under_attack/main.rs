//! What strangers, broken documents and runtimes that stop must not do to everybody's keys.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod runtimes;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
