//! Scopes as types.

use crate::Scope;

/// Scopes that are required by a type: made by [`scope!`](crate::scope), combined as
/// tuples (`(A, B)`: all of them) and by [`AnyOf`].
pub trait RequiredScopes: Send + Sync + 'static {
    /// Whether these scopes suffice.
    fn are_met_by(granted: &Scope) -> bool;

    /// Adds the names, for the challenge.
    fn name(names: &mut Vec<&'static str>);
}

/// One of these at least: `AnyOf<(OrdersRead, OrdersAdmin)>`.
#[derive(Debug, Clone, Copy)]
pub struct AnyOf<T>(std::marker::PhantomData<fn() -> T>);

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: RequiredScopes),+> RequiredScopes for ($($name,)+) {
            fn are_met_by(granted: &Scope) -> bool {
                $($name::are_met_by(granted))&&+
            }

            fn name(names: &mut Vec<&'static str>) {
                $($name::name(names);)+
            }
        }

        impl<$($name: RequiredScopes),+> RequiredScopes for AnyOf<($($name,)+)> {
            fn are_met_by(granted: &Scope) -> bool {
                $($name::are_met_by(granted))||+
            }

            fn name(names: &mut Vec<&'static str>) {
                $($name::name(names);)+
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

/// Makes a type of a scope: `scope!(pub PaymentsWrite = "payments:write");`. A name that is no
/// `scope-token` (RFC 6749 §3.3) does not compile.
///
/// ```
/// use portcullis::{RequireScope, scope};
///
/// scope!(pub PaymentsRead = "payments:read");
/// scope!(
///     /// May pay.
///     pub PaymentsWrite = "payments:write"
/// );
/// let guard = RequireScope::of::<(PaymentsRead, PaymentsWrite)>();
/// ```
///
/// ```compile_fail
/// portcullis::scope!(Wrong = "not one scope");
/// ```
#[macro_export]
macro_rules! scope {
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $scope:literal) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy)]
        $visibility struct $name;

        const _: () = assert!(
            $crate::__is_scope_token($scope),
            "a scope has no spaces, quotes, backslashes or characters outside printable ASCII"
        );

        impl $crate::RequiredScopes for $name {
            fn are_met_by(granted: &$crate::Scope) -> bool {
                granted.contains($scope)
            }

            fn name(names: &mut ::std::vec::Vec<&'static str>) {
                names.push($scope);
            }
        }
    };
}

/// For [`scope!`](crate::scope) alone.
#[doc(hidden)]
#[must_use]
pub const fn is_scope_token(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, behind @ ..] = rest {
        if !matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        rest = behind;
    }
    !name.is_empty()
}
