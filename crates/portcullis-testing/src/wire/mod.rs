//! HTTP/1.1 by hand: a library would put right what a test wants wrong.

mod connection;
mod date;
mod read;
mod socket;
mod write;

pub(crate) use self::connection::serve;
