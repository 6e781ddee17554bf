//! gRPC over the wire. The files are named after what they are about; a test of a line of the checklist's
//! section U bears its name, and is there once for tonic's client and once for one of another make: grpcurl, or
//! Connect for U8, which is about what grpcurl cannot send.

#[cfg(test)]
mod axum_together;
#[cfg(test)]
mod called;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod exempt_requests;
#[cfg(test)]
mod exemptions;
#[cfg(test)]
mod grpcurl;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod http_status;
#[cfg(test)]
mod late;
#[cfg(test)]
mod methods;
#[cfg(test)]
mod nonces;
#[cfg(test)]
mod plain_http;
#[cfg(test)]
mod served;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod streams_at_once;
#[cfg(test)]
mod unread;
#[cfg(test)]
mod web;
