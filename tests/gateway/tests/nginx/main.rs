//! `portcullis-gateway` behind a real nginx that is configured as it prints.

#[cfg(test)]
mod drain;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod other_gateway;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod phantom;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod template;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod world;
