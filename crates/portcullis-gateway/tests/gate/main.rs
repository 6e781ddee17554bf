//! What gateways are answered, by rules that stand in a file, with an embedded authorization server.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bound_tokens;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod upstreams;
#[cfg(test)]
mod world;
