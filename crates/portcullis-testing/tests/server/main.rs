//! The server through its public API, over HTTP.

#[cfg(test)]
mod assertions;
#[cfg(test)]
mod bearer;
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
mod logout;
#[cfg(test)]
mod logout_tokens;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod not_before;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod private_keys;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod refresh_tokens;
#[cfg(test)]
mod revival;
#[cfg(test)]
mod security_events;
#[cfg(test)]
mod signed_answers;
#[cfg(test)]
mod support;
#[cfg(feature = "tls")]
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
