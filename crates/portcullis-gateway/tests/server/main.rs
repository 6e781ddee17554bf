//! The server as it stands on the network: listeners, limits, its file, and how it ends.

#[cfg(test)]
mod file;
#[cfg(test)]
mod files;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod world;
