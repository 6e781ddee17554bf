//! What each method of a service wants of a token.

mod behind;
mod guard;
mod layer;
mod name;
mod service;
mod table;
mod unlisted;

pub use self::{
    behind::{BehindLayer, BehindService},
    guard::MethodGuard,
    layer::MethodsLayer,
    name::MethodsError,
    service::{GuardMethods, GuardMethodsFuture},
    table::{HEALTH, Methods, REFLECTION},
};
