//! Several instances of one service over one Redis: what one of them learns reaches the others, and
//! what might have been lost on the way is noticed.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod departures;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod fan_out;
#[cfg(test)]
mod instance;
#[cfg(test)]
mod late_starts;
#[cfg(test)]
mod log;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod resets;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod stalled_calls;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod upkeep;
