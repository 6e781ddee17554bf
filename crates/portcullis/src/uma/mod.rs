//! User-Managed Access 2.0: the authorization server says what it grants, and gives out tickets for
//! permissions that a client lacks.

mod answers;
mod asked_permission;
mod authorization;
mod call;
mod desk;
mod grant;
mod line;
mod permission_ticket;
mod protection_token;
mod question;
mod tickets;
mod warnings;

pub use self::authorization::Uma;
pub(crate) use self::{asked_permission::AskedPermission, call::UmaServer};
