//! Section O: the assertions by which the resource server says who it is. The embedded server
//! verifies each of them by an implementation of its own.

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod support;
