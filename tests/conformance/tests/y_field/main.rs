//! Section Y: what bit others. Each test bears the project and the number under which the bug or
//! the wish was reported.

#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod detection_and_routing;
#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod found_by_reading;
#[cfg(test)]
mod identity_headers;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod issuers_and_audiences;
#[cfg(test)]
mod key_sets;
#[cfg(test)]
mod keycloak;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod support;
