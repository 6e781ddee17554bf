//! A token that was verified is remembered, and no check is skipped for it: told by how often a
//! signature was looked at.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unasked;
#[cfg(test)]
mod verdicts;
