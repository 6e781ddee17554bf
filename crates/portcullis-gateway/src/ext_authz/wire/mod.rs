//! The messages of `envoy.service.auth.v3`, as far as they are read and written here, by the numbers of
//! their fields. What is not named is skipped.
//!
//! What Envoy's definitions call `string` is `bytes` here, which is the same on the wire: text that is no
//! UTF-8 comes to the gate and is denied there, instead of being no message at all. For the same reason a
//! map is the list of entries that it is on the wire.

mod header;
mod request;
mod response;

pub(super) use self::{
    header::{AppendAction, HeaderValue, HeaderValueOption},
    request::{AttributeContext, CheckRequest, HttpRequest, Request},
    response::{
        CheckResponse, DeniedHttpResponse, HttpResponse, HttpStatus, OkHttpResponse, RpcStatus,
    },
};
#[cfg(test)]
pub(super) use self::{
    header::{HeaderEntry, HeaderMap},
    request::Peer,
};
