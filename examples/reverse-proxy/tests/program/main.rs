//! The program as it is started, driven over HTTP, with a service behind it that tells what it was sent.

#[cfg(test)]
mod bytes;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod world;
