//! What holds whatever comes: said of all inputs, tried with some, or with all where there are few.

#[cfg(test)]
mod bits;
#[cfg(test)]
mod caches;
#[cfg(test)]
mod challenges;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod support;
