//! The server through its public API, over HTTP.

#[cfg(test)]
mod clients;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod life;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
