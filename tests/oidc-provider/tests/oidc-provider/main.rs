//! The suite against npm's oidc-provider: each test has a server of its own, and a service behind
//! the library's layer in its own process.

#[cfg(test)]
mod assertions;
#[cfg(test)]
mod audiences;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod dpop;
#[cfg(test)]
mod holder;
#[cfg(test)]
mod jwts;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod mutual_tls;
#[cfg(test)]
mod opaque;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod sender_constrained;
#[cfg(test)]
#[path = "../../../../examples/axum-mutual-tls/src/serve.rs"]
mod serve;
#[cfg(test)]
mod signed_answers;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod world;
