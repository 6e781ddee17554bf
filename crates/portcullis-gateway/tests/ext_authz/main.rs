//! The server as Envoy asks it, by a client that is generated from Envoy's own definitions.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod certificates;
#[cfg(test)]
#[path = "../server/folder.rs"]
mod folder;
#[cfg(test)]
mod grpc;
#[cfg(test)]
mod health;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod world;
