//! The harness itself: what tests of other suites rely on when they play a crash, a hang, a
//! network that is slow, or a failover.

#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod replication;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod world;
