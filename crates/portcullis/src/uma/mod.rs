//! User-Managed Access 2.0: the authorization server decides about permissions, and gives out tickets
//! for those that a client lacks.

mod authorization;
mod call;
mod decision;
mod decisions;
mod grant;
mod permission_ticket;
mod protection_token;

pub use self::authorization::Uma;
pub(crate) use self::call::UmaServer;
