//! Section I: discovery and key sets (RFC 8414, OpenID Connect Discovery 1.0, RFC 7517).

#[cfg(test)]
mod caching;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod entity_tags;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod key_sets;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unknown_kids;
