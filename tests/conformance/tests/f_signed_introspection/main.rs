//! Section F: answers that the issuer signs (RFC 9701).

#[cfg(test)]
mod claims;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod support;
