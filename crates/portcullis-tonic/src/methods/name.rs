/// A table of methods that cannot be meant so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MethodsError {
    /// Neither a service nor a method.
    #[error("`{0}` is neither a service (`shop.v1.Orders`) nor a method (`shop.v1.Orders/List`)")]
    NoName(String),
    /// Two lines about the same.
    #[error("`{0}` is listed twice")]
    ListedTwice(String),
}

/// What a line of the table is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Name {
    /// All methods of a service that are not listed by themselves: `shop.v1.Orders`.
    Service(Box<str>),
    /// One: `shop.v1.Orders/List`.
    Method(Box<str>),
}

impl Name {
    /// A name as it is written, or as it stands in `:path`.
    pub(super) fn parse(text: &str) -> Result<Self, MethodsError> {
        let name = text.strip_prefix('/').unwrap_or(text);
        let (service, method) = match name.split_once('/') {
            Some((service, method)) => (service, Some(method)),
            None => (name, None),
        };
        let is_good = service.split('.').chain(method).all(is_identifier);
        match method {
            _ if !is_good => Err(MethodsError::NoName(text.to_owned())),
            Some(_) => Ok(Self::Method(name.into())),
            None => Ok(Self::Service(name.into())),
        }
    }
}

/// An identifier of Protocol Buffers.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut letters = text.bytes();
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    letters.next().is_some_and(is_letter)
        && letters.all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_methods_are_told_apart() {
        let service = Name::Service("shop.v1.Orders".into());
        assert_eq!(Name::parse("shop.v1.Orders"), Ok(service.clone()));
        assert_eq!(Name::parse("/shop.v1.Orders"), Ok(service));
        let method = Name::Method("shop.v1.Orders/List".into());
        assert_eq!(Name::parse("shop.v1.Orders/List"), Ok(method.clone()));
        assert_eq!(Name::parse("/shop.v1.Orders/List"), Ok(method));
        assert_eq!(Name::parse("Orders"), Ok(Name::Service("Orders".into())));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "/",
            "//",
            "shop.v1.Orders/",
            "shop.v1.Orders//List",
            "shop.v1.Orders/List/",
            "shop.v1.Orders/List/more",
            "shop.v1.Orders/*",
            "shop.v1.*",
            "shop..Orders",
            ".Orders",
            "shop.v1.Orders/List?x",
            "shop.v1.Orders/Li%73t",
            "shop v1",
            "1shop",
        ] {
            let error = MethodsError::NoName(text.to_owned());
            assert_eq!(Name::parse(text), Err(error), "{text}");
        }
    }
}
