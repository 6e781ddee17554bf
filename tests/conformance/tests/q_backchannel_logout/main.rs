//! Section Q: `OpenID` Connect Back-Channel Logout 1.0, at the route of a service.

#[cfg(test)]
mod away;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod effect;
#[cfg(test)]
mod events;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod parked;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod room;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod support;
