//! HTTP/1.1 by hand: a library would put right what a test wants wrong.

mod body;
mod connection;
mod date;
mod head;
mod post;
mod read;
mod socket;
mod write;

pub(crate) use self::{
    connection::serve,
    post::{post_admin_message, post_logout_token, post_security_event},
};
