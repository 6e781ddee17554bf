//! What is over, and what every kind of route makes of it: what an issuer tells, what a service finds
//! out by asking, and what its instances tell each other.

#[cfg(test)]
mod air;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod client;
#[cfg(test)]
mod completeness;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod cut_off;
#[cfg(test)]
mod cut_off_in_doubt;
#[cfg(test)]
mod cut_offs;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod doubt_elsewhere;
#[cfg(test)]
mod doubt_in_order;
#[cfg(test)]
mod doubt_lasting;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod full;
#[cfg(test)]
mod held;
#[cfg(test)]
mod jwt_only;
#[cfg(test)]
mod lifetime;
#[cfg(test)]
mod not_before_message;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod one_tick;
#[cfg(test)]
mod order;
#[cfg(test)]
mod permutations;
#[cfg(test)]
mod realm_server;
#[cfg(test)]
mod recheck;
#[cfg(test)]
mod revival;
#[cfg(test)]
mod runtimes;
#[cfg(test)]
mod session;
#[cfg(test)]
mod shared_facts;
#[cfg(test)]
mod subject;
#[cfg(test)]
mod support;
