//! Section U: refusals of gRPC requests, over HTTP/2.

#[cfg(test)]
mod frames;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod service;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod timeouts;
#[cfg(test)]
mod trailers_only;
