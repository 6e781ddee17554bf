//! Section S: Token Status Lists (draft-ietf-oauth-status-list).

#[cfg(test)]
mod caching;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod dates;
#[cfg(test)]
mod host;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod many;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod places;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod references;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod support;
