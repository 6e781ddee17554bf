use std::fmt;

use http::Method;
use serde::Deserialize;

/// Which methods a rule is about: those that it names, or all of them. `GET` stands for `HEAD` too
/// (RFC 9110 §9.3.2), as routers have it, unless another rule names `HEAD`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Methods {
    named: Option<Vec<Method>>,
}

/// How closely a rule names a method. The order is that of ranks: the closest is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    Itself,
    /// `HEAD`, by `GET`.
    Implied,
    All,
}

/// A list of methods cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MethodsError {
    /// It is empty.
    #[error("a rule for no method is never met: name one, or leave `methods` out for all of them")]
    Empty,
    /// One is not written as requests have it.
    #[error("{0:?} is no method: methods are case-sensitive (RFC 9110 §9.1), write `GET`")]
    NotAMethod(String),
    /// One stands twice.
    #[error("{0} stands twice: once is enough")]
    Twice(Method),
}

impl Methods {
    pub(super) fn naming(&self, method: &Method) -> Option<Naming> {
        let Some(named) = &self.named else {
            return Some(Naming::All);
        };
        if named.contains(method) {
            return Some(Naming::Itself);
        }
        let is_implied = method == Method::HEAD && named.contains(&Method::GET);
        is_implied.then_some(Naming::Implied)
    }

    /// A method that both name alike.
    pub(super) fn named_alike(&self, other: &Self) -> Option<Shared> {
        self.shared(other, |naming, others| naming == others)
    }

    /// A method that both are about.
    pub(super) fn in_common(&self, other: &Self) -> Option<Shared> {
        self.shared(other, |_, _| true)
    }

    fn shared(&self, other: &Self, counts: fn(Naming, Naming) -> bool) -> Option<Shared> {
        let named = [&self.named, &other.named].into_iter().flatten().flatten();
        // One that nobody names stands for all of those.
        let unnamed = Method::from_bytes(b"OTHER").ok();
        let is_shared = |method: &Method| match (self.naming(method), other.naming(method)) {
            (Some(own), Some(others)) => counts(own, others),
            _ => false,
        };
        if unnamed.as_ref().is_some_and(is_shared) {
            return Some(Shared::All);
        }
        let implied = [Method::HEAD];
        let method = named.chain(&implied).find(|&method| is_shared(method))?;
        Some(Shared::One(method.clone()))
    }
}

/// What two rules have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shared {
    All,
    One(Method),
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("methods that neither names"),
            Self::One(method) => method.fmt(f),
        }
    }
}

impl TryFrom<Vec<String>> for Methods {
    type Error = MethodsError;

    fn try_from(names: Vec<String>) -> Result<Self, MethodsError> {
        let mut named = Vec::with_capacity(names.len());
        for name in names {
            let method = parse(&name).ok_or(MethodsError::NotAMethod(name))?;
            if named.contains(&method) {
                return Err(MethodsError::Twice(method));
            }
            named.push(method);
        }
        if named.is_empty() {
            return Err(MethodsError::Empty);
        }
        Ok(Self { named: Some(named) })
    }
}

/// `get` is another method than `GET`, and never what was meant.
fn parse(name: &str) -> Option<Method> {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || b"-_".contains(&byte));
    Method::from_bytes(name.as_bytes())
        .ok()
        .filter(|_| is_plain)
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named {
            None => f.write_str("all methods"),
            Some(named) => named.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(names: &[&str]) -> Result<Methods, MethodsError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        names.try_into()
    }

    #[test]
    fn get_stands_for_head_and_nothing_else_for_anything() {
        let get = methods(&["GET"]).unwrap();
        assert_eq!(get.naming(&Method::GET), Some(Naming::Itself));
        assert_eq!(get.naming(&Method::HEAD), Some(Naming::Implied));
        assert_eq!(get.naming(&Method::POST), None);
        assert_eq!(get.naming(&Method::from_bytes(b"get").unwrap()), None);
        let all = Methods::default();
        assert_eq!(all.naming(&Method::DELETE), Some(Naming::All));
        let head = methods(&["HEAD"]).unwrap();
        assert_eq!(head.naming(&Method::GET), None);
        assert!(Naming::Itself < Naming::Implied && Naming::Implied < Naming::All);
    }

    #[test]
    fn what_two_lists_have_in_common() {
        let (get, head) = (methods(&["GET"]).unwrap(), methods(&["HEAD"]).unwrap());
        let all = Methods::default();
        assert_eq!(get.named_alike(&get), Some(Shared::One(Method::GET)));
        assert_eq!(get.named_alike(&head), None);
        assert_eq!(get.named_alike(&all), None);
        assert_eq!(all.named_alike(&all), Some(Shared::All));
        assert_eq!(get.in_common(&head), Some(Shared::One(Method::HEAD)));
        assert_eq!(all.in_common(&get), Some(Shared::One(Method::GET)));
        assert_eq!(get.in_common(&methods(&["POST"]).unwrap()), None);
    }

    #[test]
    fn a_list_that_was_meant_otherwise_is_refused() {
        assert_eq!(methods(&[]), Err(MethodsError::Empty));
        assert_eq!(
            methods(&["GET", "GET"]),
            Err(MethodsError::Twice(Method::GET))
        );
        for name in ["get", "*", "", "G T", "Get"] {
            assert_eq!(
                methods(&[name]),
                Err(MethodsError::NotAMethod(name.to_owned()))
            );
        }
        assert!(methods(&["PROPFIND", "M-SEARCH"]).is_ok());
    }
}
