//! The way of a request through the public API: what clients, handlers and the services further
//! in see of it. One file a topic; `support` has the verifier they share.

#[cfg(test)]
mod authorities;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod challenges;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod defects;
#[cfg(test)]
mod ended;
#[cfg(test)]
mod grpc;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod live;
#[cfg(test)]
mod meanwhile;
#[cfg(test)]
mod nested;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod queued;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod refreshed;
#[cfg(test)]
mod said_again;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod support;
#[cfg(test)]
mod surroundings;
#[cfg(test)]
mod trailers_only;
