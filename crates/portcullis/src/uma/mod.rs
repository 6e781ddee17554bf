//! User-Managed Access 2.0: the authorization server says what it grants, and gives out tickets for
//! permissions that a client lacks.

mod authorization;
mod call;
mod decision;
mod decisions;
mod desk;
mod grant;
mod line;
mod permission_ticket;
mod protection_token;
mod tickets;
mod warnings;

pub use self::authorization::Uma;
pub(crate) use self::{call::UmaServer, decision::PermissionDecision};
