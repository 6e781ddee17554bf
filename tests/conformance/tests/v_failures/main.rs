//! Section V: what goes wrong at the authorization server, and what the client sees of it.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod circuit;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod defects;
#[cfg(test)]
mod issuers;
#[cfg(test)]
mod lost_connections;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
